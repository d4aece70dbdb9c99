/**
 * Plays a runbook: seats itself as its player, imports the script, and checks that exactly the steps of the
 * Document happen, in order. Finished steps are passed over and only register their undo, so that running the
 * script again from the top is how a run is resumed, and how it is undone.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { milliseconds } from '../runbook/duration.ts'
import { type CommandCall, type Player, type StepOptions, seat } from '../runbook/player.ts'
import { type CommandContext, runCommand, since } from './command.ts'
import { Failure, Interrupted, Refusal, RunError } from './errors.ts'
import { endGroup, signalGroup } from './interruption.ts'
import type { Purpose } from './journal-schema.ts'
import type { PlanItem } from './plan.ts'
import type { Finished } from './progress.ts'

export interface Stage extends CommandContext {
  /** The runbook's source, relative to the project. */
  file: string
  plan: PlanItem[]
  params: Record<string, string>
  /** What an earlier process of the same run finished. */
  finished: ReadonlyMap<string, Finished>
  /** The step in which that process died: if it turns out to have happened, it is ours to undo. */
  begun?: string | undefined
  /** Only registers the undos of what is finished, and stops there. */
  replay?: boolean
  /** Asks the operator; the answer is recorded. */
  ask(question: string): Promise<{ answer: 'yes' | 'no'; by: 'operator' | 'flag' }>
  /** Checks an included runbook's params and returns all of them, defaults filled in. */
  include(name: string, params: Record<string, string>): { file: string; params: Record<string, string> }
}

/** How to go back from one finished step. */
export interface Undo {
  step: string
  title: string
  run(): Promise<void>
}

export type Played =
  | { result: 'done'; undos: Undo[] }
  | { result: 'failed' | 'interrupted'; undos: Undo[]; step?: PlanItem; error: unknown }

/** How long what was told to end may take to do so before it is killed, in milliseconds. */
const GRACE = 10_000

/** Thrown to leave the script at the first step that is not finished, when only undos are wanted. */
class EndOfReplay extends Error {}

export async function play(stage: Stage): Promise<Played> {
  const { plan, recorder, interruption } = stage
  const undos: Undo[] = []
  const frames = [stage.params]
  let position = 0
  /** The step that is being played, and why its commands run. */
  let current: { item: PlanItem; purpose: Purpose; group?: number; late?: string } | undefined
  let failedAt: PlanItem | undefined

  const next = (type: PlanItem['type'], title: string): PlanItem => {
    const item = plan[position]
    if (current)
      throw new Failure(`“${title}” began before “${current.item.title}” had ended: an await is missing.`)
    if (item?.type !== type || item.title !== title) {
      throw new Failure(
        `The script came to “${title}”; its source says ${item ? `“${item.title}”` : 'that it is over'}.`,
      )
    }
    position++
    return item
  }

  const command = async (call: CommandCall, { test }: { test: boolean }) => {
    if (!current) throw new Failure(`A command outside a step: ${call.display}`)
    const here = current
    const checkTime = () => {
      if (here.late) throw new Failure(`It took longer than ${here.late} and was stopped.`)
    }
    interruption.check()
    checkTime()
    const purpose = test && here.purpose === 'run' ? 'test' : here.purpose
    try {
      return await runCommand(call, { step: here.item.slug, purpose }, stage, (group) => {
        here.group = group
      })
    } catch (error) {
      interruption.check()
      checkTime()
      throw error
    } finally {
      await leaveNone(here)
    }
  }

  /** After Ctrl-C or the end of its time nothing of a command may go on, whatever the command itself does. */
  const leaveNone = async (here: NonNullable<typeof current>) => {
    const { group } = here
    if (group !== undefined && (here.late || interruption.signal)) {
      const release = interruption.guard(group)
      await endGroup(group, GRACE)
      release()
    }
    delete here.group
  }

  /** Plays a part of a step with its commands recorded under it. Ctrl-C counts even if the command succeeded. */
  const within = async <T>(
    item: PlanItem,
    purpose: Purpose,
    timeout: string | undefined,
    part: () => Promise<T>,
  ) => {
    const here: NonNullable<typeof current> = { item, purpose }
    current = here
    const timers = timeout === undefined ? [] : limit(timeout, here)
    try {
      const value = await part()
      interruption.check()
      return value
    } finally {
      for (const timer of timers) clearTimeout(timer)
      current = undefined
    }
  }

  const registerUndo = (item: PlanItem, { undo }: StepOptions) => {
    if (!undo) return
    undos.push({
      step: item.slug,
      title: item.title,
      run: () => within(item, 'undo', undefined, async () => void (await undo())),
    })
  }

  const step: Player['step'] = async (title, body, options) => {
    const item = next('step', title)
    const finished = stage.finished.get(item.slug)
    if (finished) {
      if (finished.undo) registerUndo(item, options)
      return finished.value
    }
    if (stage.replay) throw new EndOfReplay()
    failedAt = item
    interruption.check()
    await recorder.emit({ event: 'step-start', step: item.slug, title })
    const began = performance.now()
    try {
      if (options.unless && (await happened(item, options.unless, options.timeout))) {
        // What had happened before this run began is not ours to undo.
        const ours = stage.begun === item.slug
        await recorder.emit({ event: 'step-skip', step: item.slug, reason: 'unless', undo: ours })
        if (ours) registerUndo(item, options)
        failedAt = undefined
        return ''
      }
      const value = String((await within(item, 'run', options.timeout, body)) ?? '')
      const hasValue = item.item.type === 'step' && item.item.value !== undefined
      await recorder.emit({
        event: 'step-end',
        step: item.slug,
        result: 'done',
        seconds: since(began),
        ...(hasValue && { value }),
      })
      registerUndo(item, options)
      failedAt = undefined
      return value
    } catch (error) {
      const result = error instanceof Interrupted ? 'interrupted' : 'failed'
      await recorder.emit({
        event: 'step-end',
        step: item.slug,
        result,
        seconds: since(began),
        error: explain(error),
      })
      throw error
    }
  }

  const happened = async (
    item: PlanItem,
    unless: () => Promise<unknown>,
    timeout: string | undefined,
  ): Promise<boolean> => {
    try {
      await within(item, 'unless', timeout, unless)
      return true
    } catch (error) {
      if (isCommandFailure(error)) return false
      throw error
    }
  }

  const confirm: Player['confirm'] = async (question) => {
    const item = next('confirm', question)
    if (stage.finished.has(item.slug)) return
    if (stage.replay) throw new EndOfReplay()
    failedAt = item
    interruption.check()
    const { answer, by } = await stage.ask(question)
    await recorder.emit({ event: 'confirm', step: item.slug, question, answer, by })
    if (answer === 'no') throw new Refusal(`Not confirmed: ${question}`)
    failedAt = undefined
  }

  let included = 0
  const include: Player['include'] = async (name, params) => {
    const target = stage.include(name, params)
    frames.push(target.params)
    // A query makes it another module: a runbook may be included twice.
    await import(`${pathToFileURL(join(stage.root, target.file)).href}?include=${++included}`)
    frames.pop()
  }

  const begin: Player['begin'] = ({ params }) => {
    const values = frames.at(-1) ?? {}
    return Object.fromEntries(params.map((name) => [name, values[name] ?? '']))
  }

  seat({ begin, step, command, confirm, include, pause: (time) => interruption.pause(time) })
  try {
    await Promise.race([import(pathToFileURL(join(stage.root, stage.file)).href), stuck()])
    const left = plan[position]
    if (left) throw new Failure(`The script ended before “${left.title}”.`)
    return { result: 'done', undos }
  } catch (error) {
    if (error instanceof EndOfReplay) return { result: 'done', undos }
    const result = error instanceof Interrupted ? 'interrupted' : 'failed'
    return { result, undos, error, ...(failedAt && { step: failedAt }) }
  }
}

/** Rejects when Node has nothing left to do: the script awaits a promise that nobody will ever settle. */
function stuck(): Promise<never> {
  return new Promise((_, reject) => {
    process.once('beforeExit', () =>
      reject(new Failure('The script waits for something that never happens.')),
    )
  })
}

/** Ends the step's commands when its time is over. */
function limit(timeout: string, step: { group?: number; late?: string }): NodeJS.Timeout[] {
  const time = milliseconds(timeout)
  if (time === undefined) throw new Failure(`“${timeout}” is no duration.`)
  const stop = (signal: NodeJS.Signals) => () => {
    step.late = timeout
    if (step.group !== undefined) signalGroup(step.group, signal)
  }
  return [setTimeout(stop('SIGTERM'), time), setTimeout(stop('SIGKILL'), time + GRACE)]
}

/** A command that ran and failed, as zx reports it. */
export function isCommandFailure(error: unknown): boolean {
  const output = error as { exitCode?: unknown; signal?: unknown } | null
  return typeof output?.exitCode === 'number' || typeof output?.signal === 'string'
}

/** Why a step failed, and what can be done about it, in one line. */
export function explain(error: unknown): string {
  const { exitCode, signal } = (error ?? {}) as { exitCode?: unknown; signal?: unknown }
  if (typeof signal === 'string') return `The command was ended by ${signal}.`
  if (typeof exitCode === 'number') return `The command ended with exit code ${exitCode}.`
  if (error instanceof RunError) return [error.message, ...error.hints].join(' ')
  return error instanceof Error ? error.message : String(error)
}
