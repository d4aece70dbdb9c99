/** Who is at work on an environment, and what was played there last. */
import { outcome, type Progress, progress } from '../../run/progress.ts'
import { parseJournal } from '../../run/read-journal.ts'
import { duration } from '../text.ts'
import { complaint, inToolbox, type Target } from './ask.ts'
import type { Fact } from './fact.ts'

const RUNS = 5
const SECONDS = 15

interface Holder {
  run: string
  runbook: string
  who: string
  since: string
}

export async function operatorFacts(target: Target): Promise<Fact[]> {
  const [lock, runs] = await Promise.all([askLock(target), askRuns(target)])
  return [lockFact(lock, target.environment.name), ...runFacts(runs, lock, target.environment.name)]
}

/** Who holds the lock; undefined if nobody does; or why that is not known. */
async function askLock(target: Target): Promise<Holder | undefined | Error> {
  const answer = await inToolbox(target, ['guard', 'show', '--json'], SECONDS)
  if (answer.exit !== 0) return new Error(complaint(answer))
  try {
    const { held, ...holder } = JSON.parse(answer.stdout) as Holder & { held: boolean }
    return held ? holder : undefined
  } catch {
    return new Error('the guard’s answer is not JSON')
  }
}

/** The newest runs whose journals are on the target; or why they are not known. */
async function askRuns(target: Target): Promise<(Progress | { run: string })[] | Error> {
  const list = await inToolbox(target, ['journal-read', '--list'], SECONDS)
  if (list.exit !== 0) return new Error(complaint(list))
  const newest = list.stdout.split('\n').filter(Boolean).slice(0, RUNS)
  return Promise.all(
    newest.map(async (run) => {
      const { stdout, exit } = await inToolbox(target, ['journal-read', run], SECONDS)
      return (exit === 0 && read(stdout, run)) || { run }
    }),
  )
}

function read(journal: string, run: string): Progress | undefined {
  try {
    return progress(parseJournal(journal, run))
  } catch {
    return undefined
  }
}

export function lockFact(lock: Holder | undefined | Error, environment: string): Fact {
  const head = { group: 'Operators', name: 'lock' }
  if (lock instanceof Error) return { ...head, state: 'unknown', value: lock.message }
  if (!lock) return { ...head, state: 'ok', value: 'nobody is at work' }
  const { runbook, who, since, run } = lock
  return {
    ...{ ...head, state: 'warn', since, value: `${who} is at work: ${runbook}` },
    do: `pnpm runbook report ${run} --on ${environment}`,
  }
}

export function runFacts(
  runs: readonly (Progress | { run: string })[] | Error,
  lock: Holder | undefined | Error,
  environment: string,
): Fact[] {
  const group = 'Last runs'
  if (runs instanceof Error) return [{ group, name: 'runs', state: 'unknown', value: runs.message }]
  if (runs.length === 0) return [{ group, name: 'runs', state: 'off', value: 'nothing was played yet' }]
  const holder = lock && !(lock instanceof Error) ? lock.run : undefined
  const mended = new Set<string>()
  return runs.map((state) => {
    if ('run' in state)
      return { group, name: state.run, state: 'unknown', value: 'its journal cannot be read' }
    const { start, last, end } = state
    const result = outcome(state)
    if (result === 'done') mended.add(start.runbook)
    const at = end?.at ?? last.at
    const head = { group, name: start.runbook, since: at }
    const by = `by ${last.who}`
    if (result === 'unfinished' && start.run === holder)
      return { ...head, state: 'ok', value: `under way, ${by}` }
    if (result === 'done')
      return { ...head, state: 'ok', value: `done in ${duration(end?.seconds ?? 0)}, ${by}` }
    // A later run of the same has brought it to its end.
    if (mended.has(start.runbook)) return { ...head, state: 'ok', value: `${result}, ${by}; done since` }
    const advice = result === 'unfinished' ? 'resume' : 'report'
    return {
      ...{ ...head, state: 'warn', value: `${result}, ${by}` },
      do: `pnpm runbook ${advice} ${start.run} --on ${environment}`,
    }
  })
}
