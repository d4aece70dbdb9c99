/** The shape of `evidence/<runbook>.json`: what the last drill of a runbook measured. */
import { z } from 'zod'

const seconds = z.number().nonnegative()

/** Rows of the ledger, compared one by one after the runbook was played. */
const rows = z.object({
  /** Rows whose commit was acknowledged to the writer before the disaster. */
  acknowledged: z.int().nonnegative(),
  /** Rows whose presence or absence was checked. */
  compared: z.int().nonnegative(),
  /** Acknowledged rows that must be there and are not. */
  missing: z.int().nonnegative(),
  /** Rows that are there and must not be. */
  unexpected: z.int().nonnegative(),
})

export const play = z.object({
  /** What the disaster was: `A table is dropped by mistake`. */
  scenario: z.string(),
  /** When the disaster came, where the scenario has several such moments: `59 s after a switch`. */
  phase: z.string().optional(),
  rendition: z.enum(['script', 'bash', 'zsh']),
  result: z.enum(['passed', 'failed']),
  /** Disaster → application serving, in seconds. */
  rto: seconds.nullable(),
  /** Disaster − acknowledgement of the oldest acknowledged row that was lost, in seconds; 0 if none was. */
  rpo: seconds.nullable(),
  /** For a restore to a chosen moment: disaster − that moment, in seconds. */
  discarded: seconds.nullable(),
  rows: rows.nullable(),
  objects: z.object({ compared: z.int().nonnegative(), different: z.int().nonnegative() }).nullable(),
  /** Size of the database when the disaster happened, in bytes. */
  databaseBytes: z.int().nonnegative().nullable(),
  /** Each step in order, with its duration and the real, normalised output of its commands. */
  steps: z.array(z.object({ title: z.string(), slug: z.string(), seconds, output: z.string() })),
  /** Why it failed, in one line. */
  reason: z.string().optional(),
})

/** A twin: the same drill with something broken, in which the runbook must stop and lose nothing. */
export const twin = z.object({
  scenario: z.string(),
  result: z.enum(['passed', 'failed']),
  /** The error the operator saw. */
  message: z.string(),
})

export const evidence = z.object({
  schema: z.literal(1),
  runbook: z.string(),
  /** See `fingerprint.ts`. Evidence with another fingerprint is stale. */
  fingerprint: z.string(),
  result: z.enum(['passed', 'failed']),
  /** The commit that was drilled, or null outside git. */
  commit: z.string().nullable(),
  /** When the drill ended: ISO 8601, UTC. */
  finished: z.iso.datetime(),
  machine: z.object({ cpus: z.int(), memoryBytes: z.int(), platform: z.string() }),
  /** What was running: `{ postgres: '17.6', … }`. */
  versions: z.record(z.string(), z.string()),
  /** Image name → id. */
  images: z.record(z.string(), z.string()),
  plays: z.array(play),
  twins: z.array(twin),
  /** The run whose journal the script rendition left, and the SHA-256 of that journal. */
  run: z.string(),
  journal: z.string(),
  /** SHA-256 over the rest of this file in canonical form: a file edited by hand does not match. */
  seal: z.string(),
})

export type Evidence = z.infer<typeof evidence>
export type Play = z.infer<typeof play>
export type Twin = z.infer<typeof twin>
