import type {
  Argument,
  ArrowFunctionExpression,
  CallExpression,
  Expression,
  Statement as Node,
} from 'oxc-parser'
import type { Statement } from './document.ts'
import { milliseconds } from './duration.ts'
import { calledName, readArguments, readLine, readString } from './literals.ts'
import { declare } from './names.ts'
import { readCommand, readLazyCommand } from './read-command.ts'
import { readCondition } from './read-condition.ts'
import { excerpt, type Reading } from './reading.ts'

const BODY = '() => $`…`, or async () => { … }'
const STATEMENT = 'await $`…`, await retry(…), fail(…), if or for'

/** What a step or an undo does: `` () => $`…` ``, or a block of statements. */
export function readBody(reading: Reading, node: Argument | Expression): Statement[] {
  if (node.type !== 'ArrowFunctionExpression' || node.params.length > 0) {
    reading.report(node.start, excerpt(reading, node), BODY)
    return []
  }
  if (node.body.type === 'BlockStatement') return readBlock(reading, node)
  if (node.async) {
    reading.report(node.start, '`async` before a single command', BODY)
    return []
  }
  return readAction(reading, node.body, BODY)
}

function readBlock(reading: Reading, node: ArrowFunctionExpression): Statement[] {
  if (node.body.type !== 'BlockStatement') return []
  if (!node.async) reading.report(node.start, 'a block that is not `async`', 'async () => { … }')
  return readStatements(reading, node.body.body, node.body.start)
}

/** Statements in braces: an empty block has no form in shell. */
function readStatements(reading: Reading, nodes: readonly Node[], at: number): Statement[] {
  if (nodes.length === 0) reading.report(at, 'nothing to do', STATEMENT)
  return nodes.flatMap((node) => readStatement(reading, node))
}

function readNested(reading: Reading, node: Node): Statement[] {
  return readStatements(reading, node.type === 'BlockStatement' ? node.body : [node], node.start)
}

function readStatement(reading: Reading, node: Node): Statement[] {
  const position = reading.position(node.start)
  if (node.type === 'IfStatement') {
    const condition = readCondition(reading, node.test)
    const then = readNested(reading, node.consequent)
    const otherwise = node.alternate ? readNested(reading, node.alternate) : []
    return condition ? [{ type: 'if', condition, then, otherwise, position }] : []
  }
  if (node.type === 'ForOfStatement') return readLoop(reading, node)
  if (node.type !== 'ExpressionStatement' || node.directive) {
    reading.report(node.start, excerpt(reading, node), STATEMENT)
    return []
  }
  const { expression } = node
  if (expression.type === 'AwaitExpression') return readAction(reading, expression.argument, STATEMENT)
  if (calledName(expression) === 'fail') return readFail(reading, expression as CallExpression)
  const forgotten = expression.type === 'TaggedTemplateExpression' || calledName(expression) === 'retry'
  reading.report(node.start, excerpt(reading, node), forgotten ? '`await` before it' : STATEMENT)
  return []
}

/** A command or a retry: what may be awaited. */
function readAction(reading: Reading, node: Expression, instead: string): Statement[] {
  if (calledName(node) === 'retry') return readRetry(reading, node as CallExpression)
  const command = readCommand(reading, node, instead)
  return command ? [{ type: 'command', command }] : []
}

function readRetry(reading: Reading, node: CallExpression): Statement[] {
  const given = readArguments(reading, node, "retry(60, '1s', () => $`…`)", [3, 3])
  const [count, pause, body] = given ?? []
  if (!count || !pause || !body) return []
  const attempts = count.type === 'Literal' && typeof count.value === 'number' ? count.value : 0
  if (
    !Number.isInteger(attempts) ||
    attempts < 1 ||
    attempts > 1_000_000 ||
    count.type !== 'Literal' ||
    !/^\d+$/.test(count.raw ?? '')
  ) {
    reading.report(count.start, excerpt(reading, count), 'how often to try, as a plain number: 60')
  }
  const delay = readString(reading, pause, 'the delay')
  if (delay !== undefined && milliseconds(delay) === undefined) {
    reading.report(
      pause.start,
      `the delay ${JSON.stringify(delay)}`,
      "a number and a unit: '1s', '500ms' or '2m'",
    )
  }
  const command = readLazyCommand(reading, body, 'what is tried')
  return delay !== undefined && command ? [{ type: 'retry', attempts, delay, command }] : []
}

function readFail(reading: Reading, node: CallExpression): Statement[] {
  const [argument] = readArguments(reading, node, "fail('message')", [1, 1]) ?? []
  const message = argument && readLine(reading, argument, 'the message')
  if (!argument || message === undefined) return []
  if (/\\|^-/.test(message)) {
    reading.report(
      argument.start,
      'a message that `echo` would not print as it is',
      'a message without backslash and leading `-`',
    )
  }
  return [{ type: 'fail', message, position: reading.position(node.start) }]
}

function readLoop(reading: Reading, node: Extract<Node, { type: 'ForOfStatement' }>): Statement[] {
  const usage = "for (const NAME of ['a', 'b']) { … }"
  const { left, right } = node
  const declared =
    left.type === 'VariableDeclaration' && left.kind === 'const' ? left.declarations[0]?.id : undefined
  if (
    node.await ||
    declared?.type !== 'Identifier' ||
    declared.typeAnnotation ||
    right.type !== 'ArrayExpression'
  ) {
    reading.report(node.start, excerpt(reading, { start: node.start, end: right.end + 1 }), usage)
    return []
  }
  const values = right.elements.map((element) => {
    if (element) return readString(reading, element, 'each value')
    reading.report(right.start, 'a gap between commas', usage)
    return undefined
  })
  if (values.length === 0) reading.report(right.start, 'an empty list', usage)
  declare(reading, declared.name, declared.start, { kind: 'loop variable' })
  const body = readNested(reading, node.body)
  reading.names.delete(declared.name)
  const known = values.filter((value) => value !== undefined)
  return [
    { type: 'for', variable: declared.name, values: known, body, position: reading.position(node.start) },
  ]
}
