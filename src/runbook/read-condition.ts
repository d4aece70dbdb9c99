import type { CallExpression, Expression } from 'oxc-parser'
import type { Condition } from './document.ts'
import { calledName, readArguments, readString } from './literals.ts'
import { readCommand } from './read-command.ts'
import { excerpt, type Reading } from './reading.ts'

const CONDITION = "NAME, NAME === 'text' or await ok($`…`), perhaps with `!` before it"

/** The condition of an `if`. */
export function readCondition(reading: Reading, node: Expression): Condition | undefined {
  if (node.type === 'UnaryExpression' && node.operator === '!' && node.argument.type !== 'UnaryExpression') {
    const condition = readCondition(reading, node.argument)
    if (condition?.negated) {
      reading.report(node.start, 'two negations', CONDITION)
      return undefined
    }
    return condition && { ...condition, negated: true }
  }
  if (node.type === 'Identifier') {
    const name = readName(reading, node)
    return name === undefined ? undefined : { negated: false, test: { type: 'set', name } }
  }
  if (node.type === 'BinaryExpression' && (node.operator === '===' || node.operator === '!==')) {
    const name = readName(reading, node.left)
    const value = name === undefined ? undefined : readString(reading, node.right, 'the other side')
    if (name === undefined || value === undefined) return undefined
    const choices = reading.names.get(name)?.choices
    if (choices && !choices.includes(value)) {
      reading.report(
        node.right.start,
        `'${value}', which ${name} can never be`,
        choices.map((each) => `'${each}'`).join(' or '),
      )
    }
    return { negated: node.operator === '!==', test: { type: 'equals', name, value } }
  }
  if (node.type === 'AwaitExpression' && calledName(node.argument) === 'ok') {
    const [argument] = readArguments(reading, node.argument as CallExpression, 'ok($`…`)', [1, 1]) ?? []
    const command = argument && readCommand(reading, argument, 'ok($`…`)')
    return command && { negated: false, test: { type: 'ok', command } }
  }
  reading.report(
    node.start,
    excerpt(reading, node),
    calledName(node) === 'ok' ? '`await` before it' : CONDITION,
  )
  return undefined
}

function readName(
  reading: Reading,
  node: Expression | { type: 'PrivateIdentifier'; start: number; end: number },
) {
  const name = node.type === 'Identifier' ? node.name : undefined
  const kind = name === undefined ? undefined : reading.names.get(name)?.kind
  if (kind && kind !== 'secret') return name
  reading.report(
    node.start,
    kind ? 'a secret in a condition' : excerpt(reading, node),
    'a param, an earlier value or the loop variable',
  )
  return undefined
}
