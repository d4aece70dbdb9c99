/**
 * Reads the command line. Options are known only when the runbook is: its params are options too. citty and
 * commander want them declared ahead, and neither tells all problems at once, so this is a thin layer over
 * Node's own parser, which does the splitting.
 */
import { parseArgs } from 'node:util'
import type { Param } from '../runbook/document.ts'
import { didYouMean } from './suggest.ts'

export interface Spec {
  /** Options without a value: `json`. */
  flags?: readonly string[]
  /** Options with one: `on`. */
  values?: readonly string[]
  /** Options whose value may be left out, and then only with `=`: `yes`. */
  optional?: readonly string[]
  /** The runbook's params, as `--RESTORE_TO` or `--restore-to`. */
  params?: readonly Param[]
  /** How many words may stand beside the options. */
  words?: number
}

export interface Args {
  words: string[]
  flags: Set<string>
  values: Record<string, string>
  optional: Record<string, string | true>
  params: Record<string, string>
  /** Everything that is wrong, one line each. */
  problems: string[]
}

const SHORT: Record<string, string> = { h: 'help', y: 'yes' }

export function readArgs(argv: readonly string[], spec: Spec): Args {
  const { flags = [], values = [], optional = [], params = [], words = 0 } = spec
  const aliases = new Map(
    params.flatMap((param) => [[param.name, param] as const, [kebab(param.name), param] as const]),
  )
  const options = Object.fromEntries([
    ...[...flags, ...optional].map((name) => [name, { type: 'boolean' }] as const),
    ...values.map((name) => [name, { type: 'string' }] as const),
    ...[...aliases].map(
      ([name, { kind }]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }] as const,
    ),
  ])
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  const args: Args = { words: [], flags: new Set(), values: {}, optional: {}, params: {}, problems: [] }
  for (const token of tokens) {
    if (token.kind === 'positional') args.words.push(token.value)
    if (token.kind !== 'option') continue
    const name = token.rawName.startsWith('--') ? token.name : (SHORT[token.name] ?? token.name)
    const param = aliases.get(name)
    const { value } = token
    const known = param ?? [...flags, ...values, ...optional].includes(name)
    if (!known)
      args.problems.push(unknown(token.rawName, [...flags, ...values, ...optional, ...aliases.keys()]))
    else if (name in args.values || (param && param.name in args.params))
      args.problems.push(`--${name} is given twice`)
    else if (param) readParam(args, param, name, value)
    else if (optional.includes(name)) args.optional[name] = value ?? true
    else if (flags.includes(name)) {
      if (value !== undefined) args.problems.push(`--${name} takes no value`)
      args.flags.add(name)
    } else if (value === undefined || value === '') args.problems.push(`--${name} needs a value`)
    else args.values[name] = value
  }
  for (const word of args.words.slice(words)) args.problems.push(`“${word}” is one word too many`)
  return args
}

/**
 * The same before the runbook is known: an option that is not of the spec is a param, and what follows it is its
 * value, not a word. It is left out; `readArgs` reads it when the params are known.
 */
export function readKnownArgs(argv: readonly string[], spec: Spec): Args {
  const known = new Set([...(spec.flags ?? []), ...(spec.values ?? []), ...(spec.optional ?? []), 'h', 'y'])
  const kept: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    const name = /^--?([^=]+)/.exec(word)?.[1]
    if (name === undefined || known.has(name)) kept.push(word)
    else if (!word.includes('=') && !argv[index + 1]?.startsWith('-')) index++
    // The value of one that is known is no option, whatever it looks like.
    if (name !== undefined && spec.values?.includes(name) && !word.includes('=')) {
      const value = argv[++index]
      if (value !== undefined) kept.push(value)
    }
  }
  return readArgs(kept, spec)
}

function readParam(args: Args, param: Param, name: string, value: string | undefined): void {
  if (param.kind === 'flag') args.params[param.name] = value ?? 'true'
  else if (value === undefined) args.problems.push(`--${name} needs a value`)
  else args.params[param.name] = value
}

/** `RESTORE_TO` as an option that is quicker to type: `restore-to`. */
export function kebab(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

function unknown(raw: string, names: readonly string[]): string {
  const name = raw.replace(/^-+/, '')
  const near = didYouMean(name, names)
  return `There is no option ${raw}${near ? `; did you mean --${near}?` : ''}`
}
