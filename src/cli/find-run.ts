/** The run that a subcommand is about: its journal and how far it came. */
import { type Environment, loadEnvironment } from '../run/environment.ts'
import { Refusal, UsageError } from '../run/errors.ts'
import { journalFile, openLocalJournal } from '../run/journal.ts'
import type { Event } from '../run/journal-schema.ts'
import { type Progress, progress } from '../run/progress.ts'
import { readJournal, readLines } from '../run/read-journal.ts'
import { listRuns } from '../run/runs.ts'
import { compareCopies, listTargetRuns, readTargetJournal } from '../run/target-journal.ts'

export interface FoundRun {
  run: string
  events: Event[]
  state: Progress
}

export interface RunQuery {
  /** The id of the run, or the end of it. Undefined: the newest that `accept` takes. */
  id?: string | undefined
  accept?: (state: Progress) => boolean
  /** The environment to ask, too: the run may have begun on another machine. */
  on?: Environment | undefined
}

/** Finds a run by the journals that are here and, if an environment is named, by those that are there. */
export async function findRun(root: string, { id, accept = () => true, on }: RunQuery): Promise<FoundRun> {
  const here = listRuns(root)
  const there = on ? ((await listTargetRuns(root, on)) ?? []) : []
  const runs = [...new Set([...here, ...there])].sort().reverse()
  const candidates = id === undefined ? runs : runs.filter((run) => run === id || run.endsWith(id))
  if (id !== undefined && candidates.length === 0) {
    throw new UsageError(`There is no run “${id}” here.`, {
      hints: ['pnpm runbook history   lists them', '--on ENV               looks on that environment, too'],
    })
  }
  if (id !== undefined && candidates.length > 1) {
    throw new UsageError(`“${id}” is the end of several runs.`, { hints: candidates })
  }
  for (const run of candidates) {
    if (on && !here.includes(run)) await bringUpToDate(root, on, run)
    const events = readJournal(root, run)
    const state = progress(events)
    if (state && (id !== undefined || accept(state))) return { run, events, state }
    if (id !== undefined) throw new UsageError(`The journal of ${run} does not begin with the run's start.`)
  }
  throw new UsageError('There is no such run.', { hints: ['pnpm runbook history   lists them'] })
}

/** Brings the journals here that only the environment has. Throws `Refusal` if it does not answer. */
export async function fetchRuns(root: string, environment: Environment): Promise<void> {
  const there = await listTargetRuns(root, environment)
  if (!there) throw new Refusal(`${environment.name} did not say which runs it knows of.`)
  const here = new Set(listRuns(root))
  for (const run of there) if (!here.has(run)) await bringUpToDate(root, environment, run)
}

export interface RunToGoOn extends FoundRun {
  environment: Environment
  /** Lines that the target's journal lacks. */
  backlog: string[]
}

/** The same, with what happened to the run on the target since: somebody else may have gone on with it. */
export async function findRunToGoOn(root: string, query: RunQuery): Promise<RunToGoOn> {
  const { run, state: known } = await findRun(root, query)
  const { environment: name } = known.start
  if (query.on && query.on.name !== name)
    throw new UsageError(`The run ${run} is on ${name}, not on ${query.on.name}.`)
  const environment = loadEnvironment(root, name)
  const backlog = await bringUpToDate(root, environment, run)
  const events = readJournal(root, run)
  return { run, events, state: progress(events) ?? known, environment, backlog }
}

/** Brings the local journal up to the target's; returns what the target lacks. */
async function bringUpToDate(root: string, environment: Environment, run: string): Promise<string[]> {
  const here = readLines(root, run)
  const target = await readTargetJournal(root, environment, run)
  // A target that does not answer says so again when the lock is taken.
  if (!target) return here
  const copies = compareCopies(here, target)
  if (!copies) {
    throw new Refusal(
      `The journal of ${run} here and the one on ${environment.name} contradict each other.`,
      {
        hints: [
          `Here: ${journalFile(root, run)}`,
          `There: docker compose --env-file ${environment.file} exec -T toolbox journal-read ${run}`,
          'If the target is right, move the local file away and try again.',
        ],
      },
    )
  }
  if (copies.missingHere.length > 0) {
    const local = openLocalJournal(journalFile(root, run))
    for (const line of copies.missingHere) await local.append(line)
    await local.close()
  }
  return copies.missingThere
}
