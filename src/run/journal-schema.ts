/**
 * The events of a run. They are the journal's lines, what `--json` prints, and what the display draws.
 * A field is only ever added; anything else raises `v`.
 */
import { z } from 'zod'

const at = z.iso.datetime()
const seconds = z.number().nonnegative()
/** The step's anchor on the runbook's page; unique in a runbook. */
const step = z.string()
const result = z.enum(['done', 'failed', 'interrupted'])
const operator = {
  who: z.string(),
  host: z.string(),
  pid: z.int(),
  /** Address of the Docker engine that the target runs on, as seen from there. */
  engine: z.string().optional(),
}
const base = { v: z.literal(1), at }

export const plannedItem = z.object({
  type: z.enum(['step', 'confirm']),
  slug: z.string(),
  title: z.string(),
  /** Hash of what the item does: commands, control flow, undo. Not its prose. */
  digest: z.string(),
})

/** Why a command is run: for its effect, for its answer (`ok`, `unless`), or to go back. */
const purpose = z.enum(['run', 'test', 'unless', 'undo'])

export const event = z.discriminatedUnion('event', [
  z.object({
    ...base,
    ...operator,
    event: z.literal('run-start'),
    run: z.string(),
    runbook: z.string(),
    title: z.string(),
    environment: z.string(),
    /** Values of the params; a secret one is `[redacted]`. */
    params: z.record(z.string(), z.string()),
    /** Names of the params that are secret: they are asked for again on resume. */
    secrets: z.array(z.string()),
    plan: z.array(plannedItem),
    commit: z.string().nullable(),
  }),
  z.object({
    ...base,
    ...operator,
    event: z.literal('run-resume'),
    run: z.string(),
    /** The first item that had not finished; null if only the undo goes on. */
    from: z.string().nullable(),
  }),
  z.object({ ...base, event: z.literal('step-start'), step, title: z.string() }),
  /** `unless`: its command said that it has already happened. `marked`: the operator said so. */
  z.object({
    ...base,
    event: z.literal('step-skip'),
    step,
    reason: z.enum(['unless', 'marked']),
    undo: z.boolean(),
  }),
  z.object({ ...base, event: z.literal('command-start'), step, command: z.string(), purpose }),
  /** Its process group, by which a command that outlived this process is found again. */
  z.object({ ...base, event: z.literal('command-running'), step, pid: z.int() }),
  z.object({
    ...base,
    event: z.literal('command-end'),
    step,
    command: z.string(),
    purpose,
    /** Null if a signal ended it. */
    exit: z.int().nullable(),
    signal: z.string().nullable(),
    seconds,
    /** The last of what it printed, both streams as they came. */
    output: z.string(),
    /** True if there was more than that. */
    truncated: z.boolean(),
  }),
  z.object({
    ...base,
    event: z.literal('step-end'),
    step,
    result,
    seconds,
    /** The step's value, if it has one. */
    value: z.string().optional(),
    error: z.string().optional(),
  }),
  z.object({
    ...base,
    event: z.literal('confirm'),
    step,
    question: z.string(),
    answer: z.enum(['yes', 'no']),
    /** Typed by the operator, or given with `--yes`. */
    by: z.enum(['operator', 'flag']),
  }),
  z.object({
    ...base,
    event: z.literal('undo-start'),
    by: z.enum(['operator', 'runbook']),
    /** What is undone, in that order. */
    steps: z.array(step),
  }),
  z.object({ ...base, event: z.literal('undo-step-start'), step, title: z.string() }),
  z.object({
    ...base,
    event: z.literal('undo-step-end'),
    step,
    result,
    seconds,
    error: z.string().optional(),
    /** True if it was not run: the operator said that it has happened. */
    marked: z.boolean().optional(),
  }),
  z.object({ ...base, event: z.literal('undo-end'), result }),
  /** Something the operator should know that belongs to no step. */
  z.object({ ...base, event: z.literal('note'), text: z.string() }),
  z.object({
    ...base,
    event: z.literal('run-end'),
    result: z.enum(['done', 'failed', 'interrupted', 'undone']),
    exit: z.int(),
    seconds,
    error: z.string().optional(),
    /** True if the lock could not be released. */
    locked: z.boolean().optional(),
  }),
])

/** One line of the journal. */
export type Event = z.infer<typeof event>
export type EventOf<Name extends Event['event']> = Extract<Event, { event: Name }>
export type PlannedItem = z.infer<typeof plannedItem>
export type Purpose = z.infer<typeof purpose>
