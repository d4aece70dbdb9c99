/** Questions to the operator. Every default is the safe answer; Ctrl-C is the safe answer, too. */
import { EXIT, RunError } from '../run/errors.ts'
import type { Param } from '../runbook/document.ts'
import { example, validateParam } from '../runbook/params.ts'

/** True if there is someone to ask, and the answer's echo spoils nothing. */
export function isInteractive(): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY)
}

const clack = () => import('@clack/prompts')
/** Questions go to standard error: with `--json` the output belongs to a program. */
const output = process.stderr

export async function askYesNo(question: string): Promise<boolean> {
  const { confirm } = await clack()
  return (await confirm({ message: question, initialValue: false, output })) === true
}

/** True if exactly the name was typed. */
export async function askName(name: string, question: string): Promise<boolean> {
  const { text } = await clack()
  // Without a placeholder: Tab would type it.
  const typed = await text({ message: question, output })
  return typed === name
}

export async function askChoice<Value extends string>(
  question: string,
  options: readonly { value: Value; label: string; hint?: string }[],
): Promise<Value | undefined> {
  const { select } = await clack()
  const answer = await select({ message: question, options: options as never, output })
  return typeof answer === 'string' ? (answer as Value) : undefined
}

/** Asks for a param's value until it is good. */
export async function askParam(param: Param): Promise<string> {
  const { isCancel, password, select, text } = await clack()
  const validate = (value: string | undefined) => validateParam(param, value ?? '')
  const message = `${param.name}: ${param.description}`
  const answer =
    param.kind === 'choice' && param.choices
      ? await select({ message, options: param.choices.map((value) => ({ value })), output })
      : param.kind === 'secret'
        ? await password({ message, validate, output })
        : await text({ message, placeholder: example(param), validate, output })
  if (isCancel(answer)) throw new RunError(EXIT.interrupted, 'Interrupted before anything was run.')
  return String(answer ?? '')
}
