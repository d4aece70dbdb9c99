/** One run from the lock to its release: started, resumed or undone. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Document } from '../runbook/document.ts'
import { capture } from './capture.ts'
import { since } from './command.ts'
import { engineAddress } from './engine.ts'
import { commandEnv, type Environment, refuseRemoteEngine, scrub } from './environment.ts'
import { EXIT } from './errors.ts'
import { type Interruption, listen } from './interruption.ts'
import { journalFile, openLocalJournal, type Sink } from './journal.ts'
import { type Operator, operator, takeLock } from './lock.ts'
import { type Notifier, notifier } from './notify.ts'
import { type PlanItem, plan, planned } from './plan.ts'
import { explain, type Played, play, type Stage, type Undo } from './play.ts'
import type { Progress } from './progress.ts'
import { type Listener, type Recorder, record } from './recorder.ts'
import { redactor } from './redact.ts'
import { secretsOf } from './secrets.ts'
import { openTargetJournal } from './target-journal.ts'
import { runUndos, type UndoRequest } from './undo.ts'

export interface RunRequest {
  root: string
  document: Document
  environment: Environment
  /** Validated, complete. */
  params: Record<string, string>
  listeners: readonly Listener[]
  /** Says something while a signal is handled. */
  notice(text: string): void
  ask: Stage['ask']
  include: Stage['include']
  /** Lines of the run's journal that the target lacks. */
  backlog?: readonly string[]
  /** Asked when a step failed and finished steps have undos. */
  askUndo(undos: readonly Undo[]): Promise<boolean>
}

export interface Outcome {
  run: string
  result: 'done' | 'failed' | 'interrupted' | 'undone'
  exit: number
}

/** `20261121T113000Z-restore-4f2a`: sorts by time. */
export function runId(runbook: string, now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  return `${time}-${runbook}-${randomBytes(2).toString('hex')}`
}

/** What all three have in common while they last. */
interface Session {
  run: string
  operator: Operator
  items: PlanItem[]
  recorder: Recorder
  interruption: Interruption
  /** Two who resume the same run at once hold the same lock: the journal tells them apart. */
  refuseIfShared(): Promise<void>
  stage(more: Pick<Stage, 'finished' | 'begun' | 'replay'>): Stage
}

type Ending = Pick<Outcome, 'result'> & { error?: unknown }

export function startRun(request: RunRequest): Promise<Outcome> {
  return inSession(request, runId(request.document.name), async (session) => {
    const { document, environment, params } = request
    const secrets = document.params.filter(({ kind }) => kind === 'secret').map(({ name }) => name)
    const shown = Object.entries(params).map(([name, value]) => [
      name,
      secrets.includes(name) ? '[redacted]' : value,
    ])
    await session.recorder.emit({
      event: 'run-start',
      ...session.operator,
      run: session.run,
      runbook: document.name,
      title: document.title,
      environment: environment.name,
      params: Object.fromEntries(shown),
      secrets,
      plan: planned(session.items),
      commit: await commit(request.root),
    })
    return perform(request, session, await play(session.stage({ finished: new Map() })))
  })
}

/** Goes on with a run whose process is gone. The caller has checked that it can be. */
export function resumeRun(request: RunRequest, before: Progress, mark: { done?: string }): Promise<Outcome> {
  return inSession(request, before.start.run, async (session) => {
    const finished = new Map(before.finished)
    if (mark.done) finished.set(mark.done, { value: '', undo: true })
    const from = session.items.find(({ slug }) => !finished.has(slug))?.slug ?? null
    await session.recorder.emit({ event: 'run-resume', ...session.operator, run: session.run, from })
    await session.refuseIfShared()
    if (mark.done) {
      await session.recorder.emit({ event: 'step-skip', step: mark.done, reason: 'marked', undo: true })
    }
    const begun = before.open?.step ?? before.failed?.end.step
    return perform(request, session, await play(session.stage({ finished, begun })))
  })
}

/** Goes back over what a run finished. */
export function undoRun(request: RunRequest, before: Progress, mark: { done?: string }): Promise<Outcome> {
  return inSession(request, before.start.run, async (session) => {
    await session.recorder.emit({ event: 'run-resume', ...session.operator, run: session.run, from: null })
    await session.refuseIfShared()
    const played = await play(session.stage({ finished: before.finished, replay: true }))
    if (played.result !== 'done') return { result: played.result, error: played.error }
    const { undone } = before
    const ending = await goBack(session, played.undos, { by: 'operator', undone, marked: mark.done })
    return { ...ending, error: both(before.failed?.end.error, ending.error) }
  })
}

/** What follows the last step that was played: nothing, or going back. */
async function perform(request: RunRequest, session: Session, played: Played): Promise<Ending> {
  if (played.result === 'done') return { result: 'done' }
  const { result, error, undos } = played
  if (result === 'interrupted' || undos.length === 0) return { result, error }
  const byRunbook = request.document.onFailure === 'undo'
  if (!byRunbook && !(await request.askUndo(undos))) return { result, error }
  const { result: back, error: second } = await goBack(session, undos, {
    by: byRunbook ? 'runbook' : 'operator',
  })
  return { result: back, error: second === undefined ? error : both(explain(error), second) }
}

/** A failing undo never hides the first error. */
function both(first: string | undefined, second: unknown): unknown {
  return second === undefined || first === undefined ? second : `${first} Going back: ${explain(second)}`
}

async function goBack(
  { recorder }: Session,
  undos: readonly Undo[],
  how: Omit<UndoRequest, 'recorder'>,
): Promise<Ending> {
  const { result, error } = await runUndos(undos, { ...how, recorder })
  return { result: result === 'done' ? 'undone' : result, error }
}

async function inSession(
  request: RunRequest,
  run: string,
  work: (session: Session) => Promise<Ending>,
): Promise<Outcome> {
  const { root, document, environment, params } = request
  const engine = await engineAddress(root, environment)
  if (environment.disposable) refuseRemoteEngine(environment, engine)
  const env = commandEnv(environment)
  const secretParams = document.params
    .filter(({ kind }) => kind === 'secret')
    .map(({ name }) => params[name] ?? '')
  const clean = redactor([...secretParams, ...secretsOf(root, environment)])
  const began = performance.now()
  const interruption = listen(request.notice)
  const lock = await takeLock(root, environment, { run, runbook: document.name }).catch((error) => {
    interruption.close()
    throw error
  })
  const notes = notifier(environment, { run, runbook: document.name, title: document.title }, request.notice)
  const sinks: Sink[] = []
  let ending: Ending
  let recorder: Recorder | undefined
  try {
    const target = openTargetJournal({ root, environment, run, backlog: request.backlog ?? [] })
    sinks.push(openLocalJournal(journalFile(root, run)), target)
    recorder = record(sinks, clean, [...request.listeners, notes.listen])
    const items = plan(document)
    const stage: Session['stage'] = (more) => ({
      ...{ root, env, params, interruption, file: document.file, plan: items, redactor: clean },
      ...{ recorder: recorder as Recorder, ask: request.ask, include: request.include },
      ...more,
    })
    ending = await work({
      run,
      operator: { ...operator(), engine },
      items,
      recorder,
      interruption,
      stage,
      refuseIfShared: target.refuseIfShared,
    })
  } catch (error) {
    ending = { result: 'failed', error }
  }
  return finish({
    run,
    ending,
    recorder,
    release: () => lock.release(),
    began,
    interruption,
    environment,
    notes,
  })
}

interface Closing {
  run: string
  ending: Ending
  recorder: Recorder | undefined
  release(): Promise<void>
  began: number
  interruption: Interruption
  environment: Environment
  notes: Notifier
}

/** Releases the lock, records the end, and says both even if one of them cannot be done. */
async function finish({
  run,
  ending,
  recorder,
  release,
  began,
  interruption,
  environment,
  notes,
}: Closing): Promise<Outcome> {
  const { result, error } = ending
  const exit = exitCode(ending)
  const stuck = await withRetries(release)
  const text = `The lock could not be released (${stuck}). Release it: pnpm runbook unlock --on ${environment.name}`
  try {
    if (stuck !== undefined) await recorder?.emit({ event: 'note', text })
    await recorder?.emit({
      event: 'run-end',
      ...{ result, exit, seconds: since(began) },
      ...(stuck !== undefined && { locked: true }),
      ...(error !== undefined && { error: typeof error === 'string' ? error : explain(error) }),
    })
    await recorder?.close()
    await notes.close()
  } catch (second) {
    throw error ?? second
  } finally {
    interruption.close()
  }
  if (!recorder) throw error
  return { run, result, exit }
}

function exitCode({ result, error }: Ending): number {
  if (result === 'interrupted') return EXIT.interrupted
  if (result === 'done' || (result === 'undone' && error === undefined)) return EXIT.done
  return (error as { exit?: number } | undefined)?.exit ?? EXIT.failed
}

/** The reason why it could not be done in three attempts. */
async function withRetries(action: () => Promise<void>): Promise<string | undefined> {
  for (let left = 3; ; left--) {
    try {
      await action()
      return undefined
    } catch (error) {
      if (left === 1) return error instanceof Error ? error.message : String(error)
      await sleep(500)
    }
  }
}

/** The commit that the checkout is at; null outside git. */
async function commit(root: string): Promise<string | null> {
  const answer = await capture('git', ['rev-parse', 'HEAD'], { cwd: root, env: scrub(process.env) })
  return answer.exit === 0 ? answer.stdout.trim() : null
}
