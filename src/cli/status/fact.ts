/**
 * What is known of an environment, one thing at a time. Containers, lock, runs and evidence are known to every
 * environment; what else there is to know says the stack itself: its toolbox may have a program `status-facts` that
 * prints such facts as JSON, one a line.
 */

export type State = 'ok' | 'warn' | 'bad' | 'unknown' | 'off'

export interface Fact {
  /** The heading that it stands under. */
  group: string
  /** What it is about, in two or three words. */
  name: string
  /** `unknown`: nobody could tell. `off`: it is turned off, or not asked for here. */
  state: State
  /** How it is, in a few words. */
  value: string
  /** Since when: ISO 8601, UTC. */
  since?: string
  /** What to do about it. */
  do?: string
  /** The runbook that helps, or the address of its page. */
  runbook?: string
}

const STATES: readonly string[] = ['ok', 'warn', 'bad', 'unknown', 'off'] satisfies State[]

/** The facts that a program printed. A line that is none becomes one that says so: it is not passed over. */
export function parseFacts(text: string): Fact[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parse(line) ?? { ...strange, value: `no fact: ${line.slice(0, 60)}` })
}

const strange = { group: 'Stack', name: 'status-facts', state: 'unknown' } as const

function parse(line: string): Fact | undefined {
  let data: Record<string, unknown>
  try {
    data = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  const text = (key: string) => (typeof data?.[key] === 'string' ? (data[key] as string) : '')
  const [group, name, state, value] = ['group', 'name', 'state', 'value'].map(text)
  if (!group || !name || !STATES.includes(state ?? '')) return undefined
  const rest = ['since', 'do', 'runbook'].flatMap((key) => (text(key) ? [[key, text(key)]] : []))
  return { group, name, state: state as State, value: value ?? '', ...Object.fromEntries(rest) }
}
