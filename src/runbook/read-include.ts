import type { CallExpression, Expression } from 'oxc-parser'
import type { Document, Include } from './document.ts'
import { readArguments, readEntries, readString } from './literals.ts'
import { validateParam } from './params.ts'
import { excerpt, type Reading } from './reading.ts'

type Given = Include['params'][string]

/** `include(…)` as it is written, before the other runbook is known. */
export interface IncludeCall {
  type: 'include-call'
  name: string
  at: number
  params: { key: string; start: number; value: Given }[]
  prose: string
}

export function readInclude(reading: Reading, call: CallExpression, prose: string): IncludeCall | undefined {
  const usage = "include('backup', { PARAM: 'value' })"
  const [first, second] = readArguments(reading, call, usage, [1, 2]) ?? []
  const name = first && readString(reading, first, 'the name of a runbook')
  if (!first || name === undefined) return undefined
  const params = second ? readEntries(reading, second, 'the params') : []
  return {
    type: 'include-call',
    name,
    at: first.start,
    prose,
    params: params.flatMap(({ key, start, value }) => {
      const given = readGiven(reading, value)
      return given ? [{ key, start, value: given }] : []
    }),
  }
}

function readGiven(reading: Reading, node: Expression): Given | undefined {
  if (node.type === 'Identifier' && reading.names.has(node.name)) return { type: 'value', name: node.name }
  if (node.type === 'Identifier') {
    reading.report(node.start, excerpt(reading, node), 'a string, a param or an earlier value')
    return undefined
  }
  const value = readString(reading, node, 'the value')
  return value === undefined ? undefined : { type: 'literal', value }
}

/** Puts the included runbook's steps in place, after checking what its params are set to. */
export function resolveInclude(reading: Reading, call: IncludeCall, included: Document): Include {
  const { items, title, name } = included
  const params: Include['params'] = {}
  for (const { key, start, value } of call.params) {
    const param = included.params.find((each) => each.name === key)
    if (!param) {
      reading.report(
        start,
        `\`${key}\``,
        `a param of ${name}: ${included.params.map((each) => each.name).join(', ') || 'it has none'}`,
      )
      continue
    }
    const problem = value.type === 'literal' ? validateParam(param, value.value) : undefined
    if (problem) reading.report(start, problem, 'a value that the param accepts')
    const secret = value.type === 'value' && reading.names.get(value.name)?.kind === 'secret'
    if (secret !== (param.kind === 'secret')) {
      reading.report(
        start,
        `${secret ? 'a secret' : 'no secret'} for \`${key}\``,
        'secrets for secrets, and for nothing else',
      )
    }
    params[key] = value
  }
  for (const param of included.params) {
    if (params[param.name] || param.default === undefined) continue
    params[param.name] = { type: 'literal', value: param.default }
  }
  const missing = included.params.filter((param) => !params[param.name]).map((param) => param.name)
  if (missing.length > 0)
    reading.report(call.at, `an include without ${missing.join(', ')}`, `{ ${missing[0]}: … }`)
  checkOrder(reading, call, params)
  return {
    type: 'include',
    name,
    params,
    title,
    items,
    prose: call.prose,
    position: reading.position(call.at),
  }
}

/** In shell the params are set one after the other: none may be read after it was set to something else. */
function checkOrder(reading: Reading, call: IncludeCall, params: Include['params']): void {
  for (const { key, start, value } of call.params) {
    const other = value.type === 'value' && value.name !== key ? params[value.name] : undefined
    if (value.type !== 'value' || !other || (other.type === 'value' && other.name === value.name)) continue
    reading.report(
      start,
      `\`${value.name}\`, which the included runbook uses as another param's name`,
      'another name here',
    )
  }
}
