import { setTimeout as sleep } from 'node:timers/promises'
import type { Objective } from './document.ts'
import { isFailedCommand, startAsTest } from './dollar.ts'
import { milliseconds } from './duration.ts'
import type { ParamDefinition } from './params.ts'
import { player } from './player.ts'

export interface RunbookOptions<Params extends Record<string, ParamDefinition>> {
  /** Heading under which the runbook is listed: `Data`. */
  category?: string
  /** True if it can lose data or interrupt service: a real environment then asks for consent. */
  destructive?: boolean
  /** How long it may take and how much it may lose: `{ rto: '30m', rpo: '15m' }`. */
  objective?: Objective
  /** What happens to finished steps when a later one fails. Default: ask. */
  onFailure?: 'ask' | 'undo'
  /** What the operator chooses, by name. */
  params?: Params
}

/**
 * Begins the runbook and returns the value of every param. Throws, naming the command to use, if the script was
 * started without the CLI.
 */
export function runbook<Params extends Record<string, ParamDefinition> = Record<never, never>>(
  options: RunbookOptions<Params>,
): { readonly [Name in keyof Params]: string } {
  const values = player().begin({ params: Object.keys(options.params ?? {}) })
  return values as { [Name in keyof Params]: string }
}

export interface StepOptions {
  /** If this command succeeds, the step has already happened and is not played. */
  unless?: () => PromiseLike<unknown>
  /** How to go back. */
  undo?: () => PromiseLike<unknown>
  /** How long the step may take: `10m`. */
  timeout?: string
}

/**
 * One titled action: plays `body`, or skips it if an earlier run finished it or `unless` succeeds. Returns the
 * text that `body` returned, without trailing newlines; in a resumed run, what it returned then.
 */
export function step(
  title: string,
  body: () => PromiseLike<unknown>,
  options: StepOptions = {},
): Promise<string> {
  const { unless, undo, timeout } = options
  return player().step(
    title,
    async () => {
      const result = await body()
      return typeof result === 'string' ? result.replace(/\n+$/, '') : ''
    },
    {
      ...(unless && { unless: () => startAsTest(unless()) }),
      ...(undo && { undo: async () => await undo() }),
      ...(timeout && { timeout }),
    },
  )
}

/** Asks the operator to look at something; the runbook goes on only if the answer is yes. */
export function confirm(question: string): Promise<void> {
  return player().confirm(question)
}

/** Plays another runbook's steps in this place. Its params are literals, or params and values of this one. */
export function include(name: string, params: Record<string, string> = {}): Promise<void> {
  return player().include(name, params)
}

/** Runs the command until it succeeds, at most `attempts` times, `delay` apart. Fails as its last attempt did. */
export async function retry(
  attempts: number,
  delay: string,
  command: () => PromiseLike<unknown>,
): Promise<void> {
  const pause = milliseconds(delay)
  if (pause === undefined) throw new Error(`retry: ${JSON.stringify(delay)} is no delay. Example: 1s`)
  for (let left = attempts - 1; left > 0; left--) {
    try {
      await startAsTest(command())
      return
    } catch (error) {
      if (!isFailedCommand(error)) throw error
    }
    await (player().pause?.(pause) ?? sleep(pause))
  }
  await command()
}

/** Fails the step with a message. */
export function fail(message: string): never {
  throw new RunbookFailure(message)
}

/** What `fail` throws: an end that the runbook foresaw, so its message is enough and no stack is shown. */
export class RunbookFailure extends Error {
  override name = 'RunbookFailure'
}
