import type { Argument, CallExpression, Expression, Statement as Node } from 'oxc-parser'
import type { Confirm, Item, Step } from './document.ts'
import { calledName, readArguments, readEntries, readLine } from './literals.ts'
import { declare } from './names.ts'
import { readBody } from './read-body.ts'
import { readCommand, readLazyCommand } from './read-command.ts'
import { type IncludeCall, readInclude } from './read-include.ts'
import { readDuration } from './read-runbook.ts'
import { excerpt, type Reading } from './reading.ts'
import { slugOf } from './slug.ts'

const ITEM = 'await step(…), const NAME = await step(…), await confirm(…) or await include(…)'
const VALUE_BODY = 'a value from exactly one command: async () => (await $`…`).text()'

/** One statement below `runbook()`. An include is resolved later. */
export function readItem(
  reading: Reading,
  node: Node,
  prose: string,
): Exclude<Item, { type: 'include' }> | IncludeCall | undefined {
  const { call, name } = awaitedCall(node)
  const called = calledName(call)
  if (called === 'step') return readStep(reading, call as CallExpression, name, prose)
  if (called === 'confirm' && !name) return readConfirm(reading, call as CallExpression, prose)
  if (called === 'include' && !name) return readInclude(reading, call as CallExpression, prose)
  const bare = node.type === 'ExpressionStatement' ? calledName(node.expression) : undefined
  const forgotten = bare === 'step' || bare === 'confirm' || bare === 'include'
  reading.report(node.start, excerpt(reading, node), forgotten ? '`await` before it' : ITEM)
  return undefined
}

interface Binding {
  text: string
  at: number
}

function awaitedCall(node: Node): { call?: Expression; name?: Binding } {
  if (node.type === 'ExpressionStatement' && node.expression.type === 'AwaitExpression') {
    return { call: node.expression.argument }
  }
  const [declaration, ...others] =
    node.type === 'VariableDeclaration' && node.kind === 'const' ? node.declarations : []
  if (!declaration || others.length > 0 || declaration.init?.type !== 'AwaitExpression') return {}
  const { id, init } = declaration
  if (id.type !== 'Identifier' || id.typeAnnotation) return {}
  return { call: init.argument, name: { text: id.name, at: id.start } }
}

function readStep(
  reading: Reading,
  call: CallExpression,
  name: Binding | undefined,
  prose: string,
): Step | undefined {
  const usage = "step('Title', () => $`…`, { undo: () => $`…` })"
  const [heading, body, options] = readArguments(reading, call, usage, [2, 3]) ?? []
  if (!heading || !body) return undefined
  const title = readTitle(reading, heading, 'the title')
  const step: Step = {
    type: 'step',
    title: title ?? '',
    slug: slugOf(title ?? ''),
    prose,
    body: name ? readValueBody(reading, body) : readBody(reading, body),
    position: reading.position(call.start),
  }
  const entries = options
    ? readEntries(reading, options, 'the options of a step', ['unless', 'undo', 'timeout'])
    : []
  const undo = entries.find(({ key }) => key === 'undo')
  for (const { key, start, value } of entries) {
    const timeout = key === 'timeout' ? readDuration(reading, value) : undefined
    if (timeout !== undefined) step.timeout = timeout
    if (key !== 'unless') continue
    const unless = readLazyCommand(reading, value, '`unless`')
    if (unless) step.unless = unless
    if (name)
      reading.report(start, '`unless` on a step with a value', 'it without: a skipped step has no value')
  }
  // The undo runs after the step, so it may use the step's value.
  if (name) {
    step.value = name.text
    declare(reading, name.text, name.at, { kind: 'value' })
  }
  if (undo) step.undo = readBody(reading, undo.value)
  return step
}

function readTitle(reading: Reading, node: Argument, what: string): string | undefined {
  const title = readLine(reading, node, what)
  if (title === undefined || slugOf(title) !== '') return title
  reading.report(
    node.start,
    `${what} ${JSON.stringify(title)}`,
    'a title with letters in it: it becomes an address',
  )
  return undefined
}

/** `` async () => (await $`…`).text() `` */
function readValueBody(reading: Reading, node: Argument): Step['body'] {
  const call =
    node.type === 'ArrowFunctionExpression' && node.params.length === 0 && node.async ? node.body : undefined
  const callee = call?.type === 'CallExpression' && call.arguments.length === 0 ? call.callee : undefined
  const ofText =
    callee?.type === 'MemberExpression' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'text'
  if (!ofText || callee.computed || callee.optional || callee.object.type !== 'AwaitExpression') {
    reading.report(node.start, excerpt(reading, node), VALUE_BODY)
    return []
  }
  const command = readCommand(reading, callee.object.argument, VALUE_BODY)
  return command ? [{ type: 'command', command }] : []
}

function readConfirm(reading: Reading, call: CallExpression, prose: string): Confirm | undefined {
  const [argument] = readArguments(reading, call, "confirm('Is the page up?')", [1, 1]) ?? []
  const question = argument && readTitle(reading, argument, 'the question')
  if (question === undefined) return undefined
  return { type: 'confirm', question, slug: slugOf(question), prose, position: reading.position(call.start) }
}
