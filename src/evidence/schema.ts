/**
 * The shape of `evidence/<runbook>.json`: what the last drill of a runbook measured. The descriptions are the
 * handbook's.
 */
import { z } from 'zod'

const seconds = z.number().nonnegative()

/** Rows of the ledger, compared one by one after the runbook was played. */
export const rows = z.object({
  acknowledged: z
    .int()
    .nonnegative()
    .describe('Rows whose commit was acknowledged to the writer before the disaster.'),
  compared: z.int().nonnegative().describe('Rows whose presence or absence was checked.'),
  missing: z.int().nonnegative().describe('Acknowledged rows that must be there and are not.'),
  unexpected: z.int().nonnegative().describe('Rows that are there and must not be.'),
})

export const play = z.object({
  scenario: z.string().describe('What the disaster was: `A table is dropped by mistake`.'),
  phase: z
    .string()
    .optional()
    .describe('When the disaster came, where the scenario has several such moments: `59 s after a switch`.'),
  rendition: z
    .enum(['script', 'bash', 'zsh'])
    .describe('Played by the command, or pasted from the page into that shell.'),
  result: z.enum(['passed', 'failed']).describe('Whether everything was as it must be afterwards.'),
  rto: seconds.nullable().describe('Disaster → application serving, in seconds.'),
  rpo: seconds
    .nullable()
    .describe(
      'Disaster − acknowledgement of the oldest acknowledged row that was lost, in seconds; 0 if none was.',
    ),
  discarded: seconds
    .nullable()
    .describe('For a restore to a chosen moment: disaster − that moment, in seconds.'),
  rows: rows.nullable().describe('The rows of the ledger, compared one by one.'),
  objects: z
    .object({ compared: z.int().nonnegative(), different: z.int().nonnegative() })
    .nullable()
    .describe('Files, compared byte by byte.'),
  databaseBytes: z
    .int()
    .nonnegative()
    .nullable()
    .describe('Size of the database when the disaster happened, in bytes.'),
  steps: z
    .array(z.object({ title: z.string(), slug: z.string(), seconds, output: z.string() }))
    .describe('Each step in order, with its duration and the real, normalised output of its commands.'),
  reason: z.string().optional().describe('Why it failed, in one line.'),
  outlier: z
    .string()
    .optional()
    .describe(
      'What was measured beyond its limit in one of three plays. The median counts: the two others were within it.',
    ),
})

/** A twin: the same drill with something broken, in which the runbook must stop and lose nothing. */
export const twin = z.object({
  scenario: z.string().describe('What was broken on purpose.'),
  result: z.enum(['passed', 'failed']).describe('Passed if the runbook stopped and nothing was lost.'),
  message: z.string().describe('The error the operator saw.'),
})

export const evidence = z.object({
  schema: z.literal(1).describe('Version of this schema.'),
  runbook: z.string().describe('Its name: the file in `runbooks/`.'),
  fingerprint: z
    .string()
    .describe('Hash over all that the runbook’s behaviour depends on. Evidence with another one is stale.'),
  result: z.enum(['passed', 'failed']).describe('Failed if any play or twin did.'),
  commit: z.string().nullable().describe('The commit that was drilled, or null outside git.'),
  finished: z.iso.datetime().describe('When the drill ended: ISO 8601, UTC.'),
  machine: z
    .object({ cpus: z.int(), memoryBytes: z.int(), platform: z.string() })
    .describe('What it was measured on.'),
  versions: z.record(z.string(), z.string()).describe("What was running: `{ postgres: '17.6', … }`."),
  images: z.record(z.string(), z.string()).describe('Image name → id.'),
  plays: z.array(play).describe('Each scenario in each rendition.'),
  twins: z.array(twin).describe('The same with something broken.'),
  run: z.string().describe('The last run of the script.'),
  journal: z.string().describe('SHA-256 of the journal that this run left.'),
  seal: z
    .string()
    .describe('SHA-256 over the rest of this file in canonical form: a file edited by hand does not match.'),
})

export type Evidence = z.infer<typeof evidence>
export type Play = z.infer<typeof play>
export type Twin = z.infer<typeof twin>
