import type { ProcessOutput } from 'zx'
import { player } from './player.ts'
import { quoteIfNeeded } from './quote.ts'
import { valueProblem } from './values.ts'

const START = Symbol('start')

/**
 * A command that has been written but not started. Awaiting it starts it; `ok` and `retry` start it as a test,
 * whose failure is an answer. That is why it is lazy: `ok($`…`)` sees its argument before it runs.
 */
export interface PendingCommand extends PromiseLike<ProcessOutput> {
  [START](options: { test: boolean }): Promise<ProcessOutput>
}

/**
 * One command: a pipeline for bash with `set -euo pipefail` and closed stdin. Every `${…}` is one argument,
 * byte for byte: it reaches bash as an environment variable and never becomes part of the command's text.
 */
export function $(parts: TemplateStringsArray, ...values: string[]): PendingCommand {
  for (const [index, value] of values.entries()) {
    const problem = valueProblem(value)
    if (problem) throw new Error(`Value ${index + 1} of the command «${parts.join('…')}» ${problem}.`)
  }
  const display = parts.reduce((line, part, index) => line + quoteIfNeeded(values[index - 1] ?? '') + part)
  let running: Promise<ProcessOutput> | undefined
  const start = (options: { test: boolean }): Promise<ProcessOutput> => {
    running ??= player()
      .command({ display, parts: [...parts], values }, options)
      .then(withStandardOutput)
    return running
  }
  return {
    [START]: start,
    // biome-ignore lint/suspicious/noThenProperty: awaiting a command is what starts it.
    then: (resolved, rejected) => start({ test: false }).then(resolved, rejected),
  }
}

/** zx's own `text()` has standard error in it; a step's value has not, since the shell's `X=$(…)` has not. */
function withStandardOutput(output: ProcessOutput): ProcessOutput {
  if (typeof output?.stdout !== 'string') return output
  return Object.assign(output, { text: () => output.stdout })
}

/** Starts a command as a test. Whatever else a body returns is awaited as it is. */
export async function startAsTest(command: unknown): Promise<unknown> {
  const pending = command as Partial<PendingCommand> | undefined
  return pending?.[START] ? await pending[START]({ test: true }) : await command
}

/** True if the command succeeds, false if it fails. Only for `if (await ok($`…`))`. */
export async function ok(command: PendingCommand): Promise<boolean> {
  try {
    await startAsTest(command)
    return true
  } catch (error) {
    if (isFailedCommand(error)) return false
    throw error
  }
}

/** A process that ran and failed, as zx reports it; not an interruption, nor a command that could not be started. */
export function isFailedCommand(error: unknown): boolean {
  const output = error as Partial<ProcessOutput> | null
  return typeof output?.exitCode === 'number' || typeof output?.signal === 'string'
}
