import type { Param } from './document.ts'
import { valueProblem } from './values.ts'

/** What a param constructor returns. The name is the key under which it stands in `runbook({ params })`. */
export type ParamDefinition = Pick<Param, 'kind' | 'description' | 'default' | 'choices'>

/** Any text. Without a default it must be given and must not be empty. */
export const text = (description: string, preset?: string): ParamDefinition =>
  define('text', description, preset)

/**
 * A moment: ISO 8601 with seconds and a UTC offset or `Z`: `2026-11-21T13:45:00+01:00`. It is validated, never
 * rewritten. With the default `''` it may be left empty.
 */
export const moment = (description: string, preset?: string): ParamDefinition =>
  define('moment', description, preset)

/** One of several words. */
export const choice = (
  description: string,
  choices: readonly [string, ...string[]],
  preset?: string,
): ParamDefinition => ({ ...define('choice', description, preset), choices: [...choices] })

/** A whole number, decimal, perhaps negative. In the runbook it is text. */
export const integer = (description: string, preset?: string): ParamDefinition =>
  define('integer', description, preset)

/** Yes or no. In the runbook it is `'true'` or `''`, so that `if (FLAG)` reads as it should. Default: no. */
export const flag = (description: string): ParamDefinition => define('flag', description, '')

/**
 * A password, key or token: asked for without echo, never written or printed. In a command it may stand only
 * as `` $`printf %s ${NAME} | …` ``.
 */
export const secret = (description: string): ParamDefinition => define('secret', description)

function define(kind: Param['kind'], description: string, preset?: string): ParamDefinition {
  return preset === undefined ? { kind, description } : { kind, description, default: preset }
}

/** A good value, for messages and help. */
export function example(param: ParamDefinition): string {
  switch (param.kind) {
    case 'moment':
      return '2026-11-21T13:45:00+01:00'
    case 'choice':
      return param.choices?.join(' or ') ?? ''
    case 'integer':
      return '12'
    case 'flag':
      return 'true, or nothing'
    case 'text':
    case 'secret':
      return 'any text'
  }
}

/**
 * What is wrong with a param's value, as one sentence that ends in an example of a good one; undefined if it is
 * good. The default is always good.
 */
export function validateParam(param: ParamDefinition & { name: string }, value: string): string | undefined {
  const found = valueProblem(value) ?? kindProblem(param, value)
  return found && `${param.name} ${found}. Example: ${example(param)}`
}

function kindProblem(param: ParamDefinition, value: string): string | undefined {
  if (value === param.default) return undefined
  if (value === '') return 'must be given and not be empty'
  const shown = value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}…` : JSON.stringify(value)
  if (param.kind === 'moment') return momentProblem(value, shown)
  if (param.kind === 'choice' && !param.choices?.includes(value)) return `cannot be ${shown}`
  if (param.kind === 'integer' && !/^-?(?:0|[1-9]\d{0,14})$/.test(value))
    return `must be a whole number, not ${shown}`
  if (param.kind === 'flag' && value !== 'true') return `must be 'true' or empty, not ${shown}`
  return undefined
}

const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,6})?(Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?$/

function momentProblem(value: string, shown: string): string | undefined {
  const match = MOMENT.exec(value)
  if (!match) return `must be a date and a time with seconds, not ${shown}`
  if (!match[7]) return `must say its offset from UTC (Z, or +01:00), which ${shown} does not`
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const date = new Date(Date.UTC(year, month - 1, day))
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? undefined : `names a day that does not exist: ${shown}`
}
