import type { CallExpression, Expression, Statement as Node } from 'oxc-parser'
import type { Document, Objective, Param } from './document.ts'
import { milliseconds } from './duration.ts'
import {
  calledName,
  readArguments,
  readBoolean,
  readEntries,
  readLine,
  readString,
  readWord,
} from './literals.ts'
import { declare } from './names.ts'
import { validateParam } from './params.ts'
import { excerpt, type Reading } from './reading.ts'

/** What the call of `runbook()` says. */
export type Head = Pick<Document, 'category' | 'destructive' | 'objective' | 'onFailure' | 'params'>

const USAGE = 'const { NAME } = runbook({ params: { … } }), or runbook({ … })'
const KINDS = ['text', 'moment', 'choice', 'integer', 'flag', 'secret'] as const

/** Reads `const { … } = runbook({ … })`; undefined if the statement is something else. */
export function readRunbookCall(reading: Reading, node: Node | undefined): Head | undefined {
  const { call, names } = takeApart(node)
  if (!node || calledName(call) !== 'runbook') {
    reading.report(node?.start ?? reading.source.length, node ? excerpt(reading, node) : 'nothing', USAGE)
    return undefined
  }
  const head: Head = { category: 'Other', destructive: false, objective: {}, onFailure: 'ask', params: [] }
  const [options] = readArguments(reading, call as CallExpression, 'runbook({ … })', [1, 1]) ?? []
  const keys = ['category', 'destructive', 'objective', 'onFailure', 'params']
  for (const { key, value } of options ? readEntries(reading, options, 'runbook()', keys) : []) {
    if (key === 'category') head.category = readLine(reading, value, 'the category') ?? head.category
    if (key === 'destructive') head.destructive = readBoolean(reading, value) ?? head.destructive
    if (key === 'objective') head.objective = readObjective(reading, value)
    if (key === 'onFailure') head.onFailure = readWord(reading, value, ['ask', 'undo']) ?? head.onFailure
    if (key === 'params') head.params = readParams(reading, value)
  }
  checkNames(reading, node, names)
  return head
}

/** The call, and the names that are taken from it; names are undefined where the pattern is not a plain one. */
function takeApart(node: Node | undefined): { call?: Expression | null; names?: string[] | undefined } {
  if (node?.type === 'ExpressionStatement') return { call: node.expression, names: [] }
  const [declaration, ...others] =
    node?.type === 'VariableDeclaration' && node.kind === 'const' ? node.declarations : []
  if (!declaration || others.length > 0) return {}
  const { id, init } = declaration
  if (id.type !== 'ObjectPattern' || id.typeAnnotation) return { call: init, names: undefined }
  const names = id.properties.map((property) =>
    property.type === 'Property' && property.shorthand && property.value.type === 'Identifier'
      ? property.value.name
      : undefined,
  )
  return { call: init, names: names.every((name) => name !== undefined) ? names : undefined }
}

/** Every param is taken out under its own name: one that is not cannot be used, and is probably forgotten. */
function checkNames(reading: Reading, node: Node, names: string[] | undefined): void {
  const wanted = [...reading.names.keys()]
  const right = names?.length === wanted.length && wanted.every((name) => names.includes(name))
  if (right) return
  const pattern = wanted.length > 0 ? `const { ${wanted.join(', ')} } = runbook({ … })` : 'runbook({ … })'
  reading.report(node.start, 'other names than those of the params', pattern)
}

function readObjective(reading: Reading, node: Expression): Objective {
  const objective: Objective = {}
  for (const { key, value } of readEntries(reading, node, 'the objective', ['rto', 'rpo'])) {
    const duration = readDuration(reading, value)
    if (duration !== undefined && (key === 'rto' || key === 'rpo')) objective[key] = duration
  }
  return objective
}

/** A duration: `'30m'`. */
export function readDuration(reading: Reading, node: Expression): string | undefined {
  const duration = readString(reading, node, 'a duration')
  if (duration === undefined || milliseconds(duration) !== undefined) return duration
  reading.report(
    node.start,
    `the duration ${JSON.stringify(duration)}`,
    "a number and a unit: '75s', '30m' or '4h'",
  )
  return undefined
}

function readParams(reading: Reading, node: Expression): Param[] {
  return readEntries(reading, node, 'params').flatMap(({ key, start, value }) => {
    const param = readParam(reading, key, start, value)
    const meaning = { kind: param?.kind === 'secret' ? ('secret' as const) : ('param' as const) }
    declare(reading, key, start, param?.choices ? { ...meaning, choices: param.choices } : meaning)
    return param ? [param] : []
  })
}

function readParam(reading: Reading, name: string, start: number, node: Expression): Param | undefined {
  const kind = KINDS.find((each) => each === calledName(node))
  if (!kind) {
    reading.report(node.start, excerpt(reading, node), `${KINDS.join('(…), ')}(…)`)
    return undefined
  }
  const count = { text: 2, moment: 2, choice: 3, integer: 2, flag: 1, secret: 1 }[kind]
  const least = kind === 'choice' ? 2 : 1
  const usage =
    kind === 'choice'
      ? "choice('What it is for.', ['a', 'b'], 'a')"
      : `${kind}('What it is for.'${count > 1 ? ", 'default'" : ''})`
  const [about, ...more] = readArguments(reading, node as CallExpression, usage, [least, count]) ?? []
  const description = about && readLine(reading, about, 'the description')
  if (!description) return undefined
  const param: Param = { name, kind, description, position: reading.position(start) }
  const list = kind === 'choice' ? more.shift() : undefined
  if (kind === 'choice') {
    const elements = list?.type === 'ArrayExpression' ? list.elements : []
    param.choices = elements.flatMap((each) => (each ? (readLine(reading, each, 'each choice') ?? []) : []))
    if (param.choices.length === 0 || new Set(param.choices).size < elements.length) {
      reading.report(list?.start ?? node.start, 'no list of different choices', usage)
    }
  }
  const [preset] = more
  const value = kind === 'flag' ? '' : preset && readString(reading, preset, 'the default')
  if (value === undefined) return param
  const problem = value === '' && kind !== 'choice' ? undefined : validateParam(param, value)
  if (preset && problem) reading.report(preset.start, `a default that is not allowed: ${problem}`, usage)
  return { ...param, default: value }
}
