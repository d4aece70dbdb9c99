import type { Argument, CallExpression, Expression, ObjectExpression } from 'oxc-parser'
import { excerpt, type Reading } from './reading.ts'

type Value = Argument | Expression

/** The text of a string literal; otherwise a problem, and undefined. */
export function readString(reading: Reading, node: Value, what: string): string | undefined {
  if (node.type !== 'Literal' || typeof node.value !== 'string') {
    reading.report(node.start, excerpt(reading, node), `${what} as a plain string: 'text'`)
    return undefined
  }
  if (!node.value.isWellFormed() || node.value.includes('\0')) {
    reading.report(node.start, `${what} with a character that no program can be given`, 'plain text')
    return undefined
  }
  return node.value
}

/** A string literal that is shown to people: one line that is not empty and has no control character. */
export function readLine(reading: Reading, node: Value, what: string): string | undefined {
  const text = readString(reading, node, what)
  if (text === undefined) return undefined
  if (text.trim() === text && text !== '' && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) return text
  reading.report(node.start, `${what} ${JSON.stringify(text)}`, 'one line of text, without spaces around it')
  return undefined
}

export function readBoolean(reading: Reading, node: Value): boolean | undefined {
  if (node.type === 'Literal' && typeof node.value === 'boolean') return node.value
  reading.report(node.start, excerpt(reading, node), '`true` or `false`')
  return undefined
}

/** A string literal that is one of a few words. */
export function readWord<Word extends string>(
  reading: Reading,
  node: Value,
  words: readonly Word[],
): Word | undefined {
  const word = words.find((candidate) => node.type === 'Literal' && node.value === candidate)
  if (!word) reading.report(node.start, excerpt(reading, node), words.map((each) => `'${each}'`).join(' or '))
  return word
}

/** The properties of an object literal whose keys are plain names; with `allowed`, only those. */
export function readEntries(
  reading: Reading,
  node: Value,
  what: string,
  allowed?: readonly string[],
): { key: string; start: number; value: Expression }[] {
  if (node.type !== 'ObjectExpression') {
    reading.report(node.start, excerpt(reading, node), `${what} as an object: { … }`)
    return []
  }
  const entries = node.properties.flatMap((property) => readEntry(reading, property))
  return entries.filter(({ key, start }, index) => {
    if (entries.findIndex((entry) => entry.key === key) !== index) {
      reading.report(start, `\`${key}\` a second time`, 'each key once')
      return false
    }
    if (!allowed || allowed.includes(key)) return true
    reading.report(start, `\`${key}\``, `only ${allowed.map((each) => `\`${each}\``).join(', ')} in ${what}`)
    return false
  })
}

function readEntry(reading: Reading, property: ObjectExpression['properties'][number]) {
  const plain =
    property.type === 'Property' && !property.computed && !property.method && property.kind === 'init'
  if (plain && property.key.type === 'Identifier') {
    return [{ key: property.key.name, start: property.start, value: property.value }]
  }
  reading.report(property.start, excerpt(reading, property), 'plain properties: name: value')
  return []
}

/** The arguments of a call, if their number is right; otherwise a problem. */
export function readArguments(
  reading: Reading,
  call: CallExpression,
  usage: string,
  [least, most]: [number, number],
) {
  const given = call.arguments
  if (given.length >= least && given.length <= most && !call.optional && !call.typeArguments) return given
  reading.report(call.start, excerpt(reading, call), usage)
  return undefined
}

/** The name of the function that is called, if it is called by a plain name. */
export function calledName(node: Value | null | undefined): string | undefined {
  return node?.type === 'CallExpression' && node.callee.type === 'Identifier' ? node.callee.name : undefined
}
