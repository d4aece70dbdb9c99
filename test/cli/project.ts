/** A project in a temporary folder, with this checkout's `src`, and the CLI run in it as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Event } from '../../src/run/journal-schema.ts'

const checkout = join(import.meta.dirname, '..', '..')

export interface Result {
  exit: number | null
  stdout: string
  stderr: string
}

export interface Started {
  child: ChildProcess
  result: Promise<Result>
}

export interface Project extends Disposable {
  root: string
  write(file: string, content: string): void
  read(file: string): string
  exists(file: string): boolean
  /** Starts `pnpm runbook …`. */
  start(args: string[], env?: Record<string, string>): Started
  /** Runs it to its end. */
  run(args: string[], env?: Record<string, string>): Promise<Result>
  /** Run ids of the local journals, oldest first. */
  runs(): string[]
  /** The events of a local journal; of the only or newest one if none is named. */
  journal(run?: string): Event[]
}

/** `pnpm coverage` counts what the command line ran, too. With the compile cache it would not know functions apart. */
function coverage(): Record<string, string> {
  const { CHILD_COVERAGE } = process.env
  return CHILD_COVERAGE ? { NODE_V8_COVERAGE: CHILD_COVERAGE, NODE_DISABLE_COMPILE_CACHE: '1' } : {}
}

/** `runbooks` by name, each the source below its import and doc comment. */
export function project(runbooks: Record<string, string>): Project {
  const root = mkdtempSync(join(tmpdir(), 'drillbook-cli-'))
  const write = (file: string, content: string) => {
    mkdirSync(join(root, file, '..'), { recursive: true })
    writeFileSync(join(root, file), content)
  }
  write('package.json', JSON.stringify({ type: 'module', imports: { '#runbook': './src/runbook/index.ts' } }))
  for (const folder of ['src', 'node_modules']) symlinkSync(join(checkout, folder), join(root, folder))
  for (const name of ['sandbox', 'production']) {
    write(
      `environments/${name}.env`,
      `ENVIRONMENT=${name}\nCOMPOSE_PROJECT_NAME=p\nCOMPOSE_FILE=compose.yaml\n`,
    )
  }
  for (const [name, source] of Object.entries(runbooks)) write(`runbooks/${name}.ts`, source)
  cpSync(join(import.meta.dirname, 'stub'), join(root, 'bin'), { recursive: true })
  chmodSync(join(root, 'bin/docker'), 0o755)

  const start = (args: string[], env: Record<string, string> = {}): Started => {
    const { PATH = '', HOME = '/' } = process.env
    const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...args], {
      cwd: root,
      env: { PATH: `${join(root, 'bin')}${delimiter}${PATH}`, HOME, CI: '1', ...coverage(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
    const result = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(
      ([code, stdout, stderr]) => ({
        exit: code,
        stdout,
        stderr,
      }),
    )
    return { child, result }
  }
  const folder = join(root, '.drillbook/runs')
  const runs = () => {
    try {
      // By when they were made: two runs of one second have ids in any order.
      return readdirSync(folder)
        .map((file) => ({ run: file.replace('.jsonl', ''), made: statSync(join(folder, file)).birthtimeMs }))
        .sort((a, b) => a.made - b.made)
        .map(({ run }) => run)
    } catch {
      return []
    }
  }
  return {
    root,
    write,
    read: (file) => readFileSync(join(root, file), 'utf8'),
    exists(file) {
      try {
        readFileSync(join(root, file))
        return true
      } catch {
        return false
      }
    },
    start,
    run: (args, env) => start(args, env).result,
    runs,
    journal: (run = runs().at(-1) ?? '') =>
      readFileSync(join(folder, `${run}.jsonl`), 'utf8')
        .split('\n')
        .flatMap((line) => {
          try {
            return [JSON.parse(line) as Event]
          } catch {
            return []
          }
        }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A runbook's source with the import and the head that every one has. */
export function source(steps: string, head = '{}'): string {
  return `import { $, choice, confirm, fail, flag, include, integer, moment, ok, retry, runbook, secret, step, text } from '#runbook'\n\n/**\n * Try it\n *\n * A runbook of a test.\n */\n${head.includes('params') ? `const { ${[...head.matchAll(/([A-Z_]+):/g)].map(([, name]) => name).join(', ')} } = ` : ''}runbook(${head})\n\n${steps}\n`
}

/** What the events say happened, one word each: `step-start a`, `step-end a done`. */
export function outline(events: readonly Event[]): string[] {
  return events
    .filter(({ event }) => !event.startsWith('command-'))
    .map((event) =>
      [event.event, 'step' in event ? event.step : '', 'result' in event ? event.result : '']
        .filter(Boolean)
        .join(' '),
    )
}

/** Waits until something is true. */
export async function until(condition: () => boolean, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`It did not become true within ${seconds} s: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** True if there is no process of that id, or only what is left of one until its parent has looked. */
export function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') ?? true
  } catch {
    return true
  }
}
