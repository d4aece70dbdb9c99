/** `--dry-run`: every step with its commands, the values filled in. */

import type { Environment } from '../run/environment.ts'
import type { PlanItem } from '../run/plan.ts'
import type { Command, Condition, Statement } from '../runbook/document.ts'
import { quoteIfNeeded } from '../runbook/quote.ts'
import type { Usual } from './display/display.ts'
import { duration, paint } from './text.ts'

export interface PlanView {
  title: string
  environment: Environment
  params: Record<string, string>
  secrets: ReadonlySet<string>
  plan: readonly PlanItem[]
  /** How long each step took in the last drill. */
  usual?: Usual
}

/** The titles only: what is shown before consent is asked. */
export function planTitles(
  { title, environment, params, secrets, plan, usual = new Map() }: PlanView,
  stream: NodeJS.WriteStream,
): string {
  const color = paint(stream)
  const values = Object.entries(params).map(
    ([name, value]) => `  ${name} = ${secrets.has(name) ? '[redacted]' : value === '' ? '(empty)' : value}`,
  )
  const steps = plan.map(({ title, slug }, index) => {
    const seconds = usual.get(slug)
    const time = seconds === undefined ? '' : color('dim', `  usually ${duration(seconds)}`)
    return `  ${String(index + 1).padStart(2)}. ${title}${time}`
  })
  const total = plan.reduce((sum, { slug }) => sum + (usual.get(slug) ?? 0), 0)
  const sum = total > 0 ? color('dim', `  usually ${duration(total)}`) : ''
  const head = `${color('bold', title)} on ${color('bold', environment.name)}${sum}`
  return [head, ...values, '', ...steps, ''].join('\n')
}

/** The titles with everything below them. */
export function planCommands(view: PlanView, stream: NodeJS.WriteStream): string {
  const color = paint(stream)
  const [head = '', ...values] = planTitles({ ...view, plan: [] }, stream)
    .trimEnd()
    .split('\n')
  const blocks = view.plan.map((item, index) => {
    const lines = [`${String(index + 1).padStart(2)}. ${color('bold', item.title)}`]
    if (item.item.type === 'confirm')
      return [...lines, color('dim', '    (a question to the operator)')].join('\n')
    const { unless, body, undo, value, timeout } = item.item
    // An included runbook's params have values that are known only when it is played.
    const known = item.runbook === view.plan[0]?.runbook ? view.params : {}
    const write = (command: Command) => commandText(command, known, view.secrets)
    if (unless) lines.push(`    skipped if: ${write(unless)}`)
    lines.push(...statements(body, write, '    '))
    if (value) lines.push(color('dim', `    (its output is ${value})`))
    if (timeout) lines.push(color('dim', `    (at most ${timeout})`))
    if (undo)
      lines.push(
        color('dim', '    to go back:'),
        ...statements(undo, write, '      ').map((line) => color('dim', line)),
      )
    return lines.join('\n')
  })
  return `${[head, ...values].join('\n')}\n\n${blocks.join('\n\n')}\n`
}

type Write = (command: Command) => string

function statements(list: readonly Statement[], write: Write, indent: string): string[] {
  return list.flatMap((statement) => lines(statement, write, indent))
}

function lines(statement: Statement, write: Write, indent: string): string[] {
  switch (statement.type) {
    case 'command':
      return [`${indent}$ ${write(statement.command)}`]
    case 'retry':
      return [
        `${indent}$ ${write(statement.command)}`,
        `${indent}  (up to ${statement.attempts} times, ${statement.delay} apart)`,
      ]
    case 'if':
      return [
        `${indent}if ${condition(statement.condition, write)}:`,
        ...statements(statement.then, write, `${indent}  `),
        ...(statement.otherwise.length > 0
          ? [`${indent}otherwise:`, ...statements(statement.otherwise, write, `${indent}  `)]
          : []),
      ]
    case 'for':
      return [
        `${indent}for ${statement.variable} in ${statement.values.join(', ')}:`,
        ...statements(statement.body, write, `${indent}  `),
      ]
    case 'fail':
      return [`${indent}fail: ${statement.message}`]
  }
}

function condition({ negated, test }: Condition, write: (command: Command) => string): string {
  const no = negated ? 'not ' : ''
  if (test.type === 'ok') return `${no}ok: ${write(test.command)}`
  return test.type === 'set'
    ? `${no}${test.name} is set`
    : `${test.name} ${negated ? 'is not' : 'is'} ${test.value}`
}

/** A name whose value is not known yet stays a name. */
function commandText(
  { pieces }: Command,
  params: Record<string, string>,
  secrets: ReadonlySet<string>,
): string {
  return pieces
    .map((piece) => {
      if (piece.type === 'text') return piece.text
      const value = params[piece.name]
      return value === undefined || secrets.has(piece.name) ? `"$${piece.name}"` : quoteIfNeeded(value)
    })
    .join('')
}
