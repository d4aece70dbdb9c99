/**
 * The events of a run. They are the journal's lines, what `--json` prints, and what the display draws.
 * A field is only ever added; anything else raises `v`. The descriptions are the handbook's: `pnpm events` writes them.
 */
import { z } from 'zod'

const at = z.iso.datetime().describe('When it was written down: ISO 8601, UTC.')
const seconds = z.number().nonnegative().describe('How long it took.')
const step = z.string().describe('The step’s anchor on the runbook’s page; unique in a runbook.')
const title = z.string().describe('The step’s heading.')
const result = z.enum(['done', 'failed', 'interrupted'])
const error = z.string().optional().describe('Why, in one line.')
const command = z.string().describe('The command as the reader sees it, values filled in.')
const born = z
  .string()
  .optional()
  .describe('When that process was born, as `BOOT/TICKS`: another one may get its number.')
const operator = {
  who: z.string().describe('`user@host` of the operator.'),
  host: z.string().describe('The machine that plays the run.'),
  pid: z.int().describe('The process there.'),
  born,
  engine: z
    .string()
    .optional()
    .describe('Address of the Docker engine that the target runs on, as seen from there.'),
}
const run = z.string().describe('The run’s id: `20261121T113000Z-restore-4f2a`.')
const base = { v: z.literal(1).describe('Version of this schema.'), at }

export const plannedItem = z.object({
  type: z.enum(['step', 'confirm']),
  slug: z.string(),
  title: z.string(),
  /** Hash of what the item does: commands, control flow, undo. Not its prose. */
  digest: z.string(),
})

const purpose = z
  .enum(['run', 'test', 'unless', 'undo'])
  .describe(
    'Why it is run: for its effect, for its answer (`ok`, `retry`), to see whether the step is needed, to go back.',
  )

export const event = z.discriminatedUnion('event', [
  z
    .object({
      ...base,
      ...operator,
      event: z.literal('run-start'),
      run,
      runbook: z.string().describe('Its name: the file in `runbooks/`.'),
      title: z.string().describe('Its title.'),
      environment: z.string().describe('Where it is played.'),
      params: z
        .record(z.string(), z.string())
        .describe('Values of the params; a secret one is `[redacted]`.'),
      secrets: z
        .array(z.string())
        .describe('Names of the params that are secret: they are asked for again on resume.'),
      plan: z
        .array(plannedItem)
        .describe('What is to be played, in order, each with a hash of what it does.'),
      commit: z.string().nullable().describe('The commit of the checkout; null outside git.'),
    })
    .describe('A run began.'),
  z
    .object({
      ...base,
      ...operator,
      event: z.literal('run-resume'),
      run,
      from: z
        .string()
        .nullable()
        .describe('The first item that had not finished; null if only the undo goes on.'),
    })
    .describe('Another process took the run up.'),
  z.object({ ...base, event: z.literal('step-start'), step, title }).describe('A step began.'),
  z
    .object({
      ...base,
      event: z.literal('step-skip'),
      step,
      reason: z
        .enum(['unless', 'marked'])
        .describe('`unless`: its command said that it has already happened. `marked`: the operator said so.'),
      undo: z.boolean().describe('True if it is this run’s to undo.'),
    })
    .describe('A step was not played, because it had happened.'),
  z
    .object({ ...base, event: z.literal('command-start'), step, command, purpose })
    .describe('A command is about to run.'),
  z
    .object({
      ...base,
      event: z.literal('command-running'),
      step,
      pid: z.int().describe('Its process group.'),
      born,
    })
    .describe('It runs. By its process group a command that outlived the runner is found again.'),
  z
    .object({
      ...base,
      event: z.literal('command-end'),
      step,
      command,
      purpose,
      exit: z.int().nullable().describe('Exit code; null if a signal ended it.'),
      signal: z.string().nullable().describe('The signal that ended it.'),
      seconds,
      output: z.string().describe('The last 16 KiB of what it printed, both streams as they came.'),
      truncated: z.boolean().describe('True if there was more than that.'),
    })
    .describe('A command ended.'),
  z
    .object({
      ...base,
      event: z.literal('step-end'),
      step,
      result,
      seconds,
      value: z.string().optional().describe('The step’s value, if it has one.'),
      error,
    })
    .describe('A step ended. One that is `done` is never played again in this run.'),
  z
    .object({
      ...base,
      event: z.literal('confirm'),
      step,
      question: z.string(),
      answer: z.enum(['yes', 'no']),
      by: z.enum(['operator', 'flag']).describe('Typed by the operator, or given with `--yes`.'),
    })
    .describe('The operator was asked.'),
  z
    .object({
      ...base,
      event: z.literal('undo-start'),
      by: z.enum(['operator', 'runbook']).describe('Who decided to go back.'),
      steps: z.array(step).describe('What is undone, in that order.'),
    })
    .describe('Going back began. From here on there is no way forward.'),
  z
    .object({ ...base, event: z.literal('undo-step-start'), step, title })
    .describe('The undo of a step began.'),
  z
    .object({
      ...base,
      event: z.literal('undo-step-end'),
      step,
      result,
      seconds,
      error,
      marked: z
        .boolean()
        .optional()
        .describe('True if it was not run: the operator said that it has happened.'),
    })
    .describe('The undo of a step ended.'),
  z.object({ ...base, event: z.literal('undo-end'), result }).describe('Going back ended.'),
  z
    .object({ ...base, event: z.literal('note'), text: z.string() })
    .describe('Something the operator should know that belongs to no step.'),
  z
    .object({
      ...base,
      event: z.literal('run-end'),
      result: z.enum(['done', 'failed', 'interrupted', 'undone']),
      exit: z.int().describe('The program’s exit code.'),
      seconds: seconds.describe('How long this process played it.'),
      error,
      locked: z.boolean().optional().describe('True if the lock could not be released.'),
    })
    .describe('The process that played the run ends. A journal without it: the process died.'),
])

/** Shown and printed by `--json`, but not in the journal: that has the end of it. */
export const output = z
  .object({ event: z.literal('output'), step, text: z.string() })
  .describe('What a command prints, as it comes. Only in `--json`; the journal has the end of it.')

/** One line of the journal. */
export type Event = z.infer<typeof event>
export type EventOf<Name extends Event['event']> = Extract<Event, { event: Name }>
export type Output = z.infer<typeof output>
export type PlannedItem = z.infer<typeof plannedItem>
export type Purpose = z.infer<typeof purpose>
