/** Plays the script rendition the way an operator does: `pnpm runbook NAME --on ENV`, as a process of its own. */
import { join } from 'node:path'
import { execa } from 'execa'
import { scrub } from '../run/environment.ts'
import type { Event } from '../run/journal-schema.ts'
import { normalise } from './normalise.ts'
import type { Played } from './played.ts'

export interface ScriptRequest {
  /** The checkout whose runbook is played. */
  root: string
  runbook: string
  /** Name of the environment. */
  on: string
  params: Record<string, string>
  timeoutSeconds?: number
}

export async function playScript(request: ScriptRequest): Promise<Played> {
  const { events, all } = await command(request, [...playArguments(request), '--json'])
  return played(events, all, request.on)
}

/** What an operator types after `pnpm runbook` to play it, consent included. */
export function playArguments({
  runbook,
  on,
  params,
}: Pick<ScriptRequest, 'runbook' | 'on' | 'params'>): string[] {
  const values = Object.entries(params).map(([name, value]) => `--${name}=${value}`)
  return [runbook, `--on=${on}`, `--yes=${on}`, ...values]
}

/** Goes back over what an unfinished run did, as the operator is told to. */
export async function undoScript(request: ScriptRequest, run: string): Promise<Played> {
  const { on } = request
  const { events, all } = await command(request, ['undo', run, `--on=${on}`, `--yes=${on}`, '--json'])
  return played(events, all, on, true)
}

async function command({ root, timeoutSeconds = 600 }: ScriptRequest, args: string[]) {
  const result = await execa(process.execPath, [join(root, 'src/cli/main.ts'), ...args], {
    cwd: root,
    env: { ...scrub(process.env), NO_COLOR: '1' },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: timeoutSeconds * 1000,
  })
  return {
    events: parse(result.stdout),
    all: `${result.all ?? ''}\n${result.timedOut ? 'It took too long.' : ''}`,
  }
}

/** The events of a run, from what `--json` printed or from its journal. */
export function parse(text: string): Event[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return []
    try {
      return [JSON.parse(line) as Event]
    } catch {
      return []
    }
  })
}

export function played(events: Event[], all: string, name: string, undoing = false): Played {
  const titles = new Map<string, string>()
  const outputs = new Map<string, string>()
  const steps: Played['steps'] = []
  const messages: string[] = []
  let run: string | undefined
  let done = false
  for (const event of events) {
    if (event.event === 'run-start') run = event.run
    if (event.event === 'step-start') titles.set(event.step, event.title)
    if (event.event === 'command-end') {
      if (event.purpose === 'run' && event.exit !== 0) messages.push(event.output)
      const output = `${outputs.get(event.step) ?? ''}${event.output.replace(/\n?$/, '\n')}`
      outputs.set(event.step, event.output ? output : (outputs.get(event.step) ?? ''))
    }
    if (event.event === 'step-end') {
      const output = normalise(outputs.get(event.step) ?? '', name)
      const title = titles.get(event.step) ?? event.step
      steps.push({ title, slug: event.step, seconds: round(event.seconds), output })
      if (event.error) messages.push(event.error)
    }
    if (event.event === 'run-end') {
      done = event.result === 'done' || (event.result === 'undone' && undoing)
      if (event.error) messages.push(event.error)
    }
  }
  // Without a first step, the reason is not in the journal but on the terminal.
  const message = messages.length > 0 ? messages.join('\n') : done ? '' : textOnly(all)
  return { done, steps, message, ...(run ? { run } : {}) }
}

function textOnly(all: string): string {
  return all
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .join('\n')
    .trim()
}

export function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
