/** The run that a subcommand is about: its journal and how far it came. */
import { UsageError } from '../run/errors.ts'
import type { Event } from '../run/journal-schema.ts'
import { type Progress, progress } from '../run/progress.ts'
import { readJournal } from '../run/read-journal.ts'
import { listRuns } from '../run/runs.ts'

export interface FoundRun {
  run: string
  events: Event[]
  state: Progress
}

/** By its id, the end of it, or undefined for the newest that `accept` takes. */
export function findRun(
  root: string,
  id: string | undefined,
  accept: (state: Progress) => boolean = () => true,
): FoundRun {
  const runs = listRuns(root)
  const candidates = id === undefined ? runs : runs.filter((run) => run === id || run.endsWith(id))
  if (id !== undefined && candidates.length === 0) {
    throw new UsageError(`There is no run “${id}”.`, { hints: ['pnpm runbook history   lists them'] })
  }
  if (id !== undefined && candidates.length > 1) {
    throw new UsageError(`“${id}” is the end of several runs.`, { hints: candidates })
  }
  for (const run of candidates) {
    const events = readJournal(root, run)
    const state = progress(events)
    if (state && (id !== undefined || accept(state))) return { run, events, state }
    if (id !== undefined) throw new UsageError(`The journal of ${run} does not begin with the run's start.`)
  }
  throw new UsageError('There is no such run.', { hints: ['pnpm runbook history   lists them'] })
}
