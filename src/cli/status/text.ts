/** The view: a verdict, then every fact under its heading. Whole in 80 columns, and without colour. */
import { stripVTControlCharacters } from 'node:util'
import { clip, paint, type Style, width, wrap } from '../text.ts'
import type { Fact, State } from './fact.ts'

const SIGNS: Record<State, [sign: string, style: Style]> = {
  ok: ['✓', 'green'],
  warn: ['!', 'yellow'],
  bad: ['✗', 'red'],
  unknown: ['?', 'magenta'],
  off: ['–', 'dim'],
}

/** In the verdict, worst first. */
const WORDS: [State, string][] = [
  ['bad', 'bad'],
  ['unknown', 'not known'],
  ['warn', 'to look at'],
]

export interface View {
  environment: string
  at: Date
  stream: NodeJS.WriteStream
}

export function statusText(facts: readonly Fact[], { environment, at, stream }: View): string {
  const color = paint(stream)
  const columns = width(stream)
  const longest = Math.min(24, Math.max(...facts.map(({ name }) => name.length)))
  const indent = ' '.repeat(longest + 6)
  const row = (fact: Fact) => {
    const [sign, style] = SIGNS[fact.state]
    const room = columns - indent.length
    const age = fact.since ? ` ${ago(fact.since, at)}` : ''
    const value = wrap(breakable(clean(`${fact.value}${age}`), room), room).replaceAll('\n', `\n${indent}`)
    const name = clip(clean(fact.name), longest).padEnd(longest)
    // A command stays whole, to be copied: what does not fit beside the name stands below it.
    const help = advice(fact, environment).map((line) => {
      const text = `→ ${clean(line)}`
      return text.length > room ? `    ${text}` : indent + text
    })
    return [
      `  ${color(style, sign)} ${fact.state === 'bad' ? color('bold', name) : name}  ${value}`,
      ...help,
    ].join('\n')
  }
  const blocks = [...Map.groupBy(facts, ({ group }) => group)].map(
    ([group, some]) => `${color('bold', clean(group))}\n${some.map(row).join('\n')}\n`,
  )
  return `${head(facts, environment, at, color)}\n\n${blocks.join('\n')}`
}

function head(
  facts: readonly Fact[],
  environment: string,
  at: Date,
  color: ReturnType<typeof paint>,
): string {
  const counts = WORDS.flatMap(([state, word]) => {
    const count = facts.filter((fact) => fact.state === state).length
    return count > 0 ? [color(SIGNS[state][1], `${count} ${word}`)] : []
  })
  const verdict = counts.length > 0 ? counts.join(', ') : color('green', 'all is well')
  return `${color('bold', environment)}: ${verdict}    ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** Of what is well nobody needs to do anything. */
function advice({ state, do: what, runbook }: Fact, environment: string): string[] {
  if (state === 'ok' || state === 'off') return []
  const play = !runbook
    ? []
    : /^https?:/.test(runbook)
      ? [runbook]
      : [`pnpm runbook ${runbook} --on ${environment}`]
  return [...(what ? [what] : []), ...play]
}

/** `5 minutes ago`; of a moment to come, or one that is none, the moment itself. */
export function ago(moment: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(moment)) / 1000
  if (!(seconds >= 0)) return `(${moment})`
  const [count, unit] =
    seconds < 120
      ? [seconds, 'second']
      : seconds < 7200
        ? [seconds / 60, 'minute']
        : seconds < 172_800
          ? [seconds / 3600, 'hour']
          : [seconds / 86_400, 'day']
  const whole = Math.floor(count)
  return `${whole} ${unit}${whole === 1 ? '' : 's'} ago`
}

/** A word that is wider than the place for it, an address say, goes on in the next line. */
function breakable(text: string, columns: number): string {
  return text.replace(new RegExp(`\\S{${columns}}`, 'g'), '$& ')
}

/** What a system says of itself does not draw on the operator's terminal. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}
