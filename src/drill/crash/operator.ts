/** An operator whose machine dies again and again: plays a runbook, and goes on as the CLI says, without a terminal. */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { scrub } from '../../run/environment.ts'
import { groupLives } from '../../run/interruption.ts'
import type { Event } from '../../run/journal-schema.ts'
import { type Progress, progress } from '../../run/progress.ts'
import { readJournal } from '../../run/read-journal.ts'
import { listRuns } from '../../run/runs.ts'
import { parse, playArguments } from '../script.ts'
import { type Kill, ORDERS, type Orders, SAID } from './kill.ts'
import { type Machine, otherMachine } from './machines.ts'

export interface Result {
  exit: number | undefined
  /** The kill that ended it. */
  killed: number | undefined
  stdout: string
  stderr: string
}

/** Runs `pnpm runbook ARGS --json` on a machine, with orders to die. */
export async function cli(
  machine: Machine,
  args: readonly string[],
  orders: Omit<Orders, 'host'>,
  { timeoutSeconds = 600, on }: { timeoutSeconds?: number; on?: (event: Event, pid: number) => void } = {},
): Promise<Result> {
  const preload = pathToFileURL(join(machine.root, 'src/drill/crash/kill.ts')).href
  const main = join(machine.root, 'src/cli/main.ts')
  const program = [process.execPath, '--import', preload, main, ...args, '--json']
  const start = machine.start(program, {
    ...scrub(process.env),
    NO_COLOR: '1',
    [ORDERS]: JSON.stringify({ ...orders, host: machine.host }),
  })
  const child = execa(start.file, start.args, {
    cwd: machine.root,
    env: start.env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: timeoutSeconds * 1000,
    // A command that outlives the runner has its pipes no more, but a program of it may have inherited them.
    forceKillAfterDelay: false,
    maxBuffer: 64 * 1024 * 1024,
  })
  if (on) follow(child.stdout, (event) => on(event, child.pid ?? 0))
  const result = await child
  if (result.timedOut)
    throw new Error(`pnpm runbook ${args.join(' ')} did not end within ${timeoutSeconds} s.`)
  // A container tells of the signal by its exit code.
  const wasKilled = result.signal === 'SIGKILL' || result.exitCode === 137
  const said = SAID.exec(result.stderr)?.[1]
  return {
    exit: result.exitCode,
    killed: wasKilled && said !== undefined ? Number(said) : undefined,
    stdout: result.stdout,
    stderr: result.stderr,
  }
}

/** Hears of each event of a run as it is printed. */
function follow(stdout: Readable, hear: (event: Event) => void): void {
  createInterface({ input: stdout }).on('line', (line) => {
    for (const event of parse(line)) hear(event)
  })
}

/** One kill and what follows. */
export interface Crash {
  kill: Omit<Kill, 'id' | 'machine'>
  where: 'here' | 'elsewhere'
  answer: 'again' | 'done'
}

/** What became of one of the crashes. */
export interface Crashed {
  /** False if the run never came to the point. */
  reached: boolean
  /** What the journal says was running when the runner died. */
  running?: string
  /** Whether it had to be waited for, and whether the operator was asked. */
  waited: boolean
  asked: boolean
}

export interface PlayRequest {
  machine: Machine
  runbook: string
  on: string
  params: Record<string, string>
  crashes: readonly Crash[]
  jumps?: NonNullable<Orders['jumps']>
  /** Where the run goes on that another machine takes up. */
  elsewhere?: typeof otherMachine
}

export interface Survived {
  run: string
  exit: number | undefined
  /** What the last process said, if it did not succeed. */
  message: string
  crashed: Crashed[]
  /** The machine that brought it to its end. Dispose of it. */
  machine: Machine
}

/** Plays a runbook through all crashes to its end. Each crash happens once. */
export async function playThrough(request: PlayRequest): Promise<Survived> {
  const { on, crashes, jumps, elsewhere = otherMachine } = request
  let { machine } = request
  const crashed: Crashed[] = crashes.map(() => ({ reached: false, waited: false, asked: false }))
  const orders = () => ({
    kills: crashes.flatMap(({ kill, where }, id) =>
      crashed[id]?.reached ? [] : [{ ...kill, id, machine: where === 'elsewhere' }],
    ),
    ...(jumps && { jumps }),
  })
  let result = await cli(machine, playArguments(request), orders())
  const run = newestRun(machine.root, on)
  if (run === undefined) throw new Error(`No run began: ${result.stderr}`)
  while (result.killed !== undefined) {
    const [crash, what] = [crashes[result.killed], crashed[result.killed]]
    if (!crash || !what) throw new Error(`There was no crash ${result.killed}.`)
    what.reached = true
    const running = stateOf(machine.root, run).open?.command?.command
    if (running !== undefined) what.running = running
    if (crash.where === 'elsewhere') {
      if (machine !== request.machine) machine[Symbol.dispose]()
      machine = elsewhere(request.machine.root, on)
    }
    result = await goOn(machine, { run, on, answer: crash.answer, what, orders: orders() })
  }
  const message = result.exit === 0 ? '' : `${result.stderr}\n${lastError(machine.root, run)}`.trim()
  return { run, exit: result.exit, message, crashed, machine }
}

interface GoingOn {
  run: string
  on: string
  answer: 'again' | 'done'
  what: Crashed
  orders: Omit<Orders, 'host'>
}

/** `resume`, as often as the CLI asks for something: to wait for a command, or to say what to do with a step. */
export async function goOn(machine: Machine, { run, on, answer, what, orders }: GoingOn): Promise<Result> {
  const known = listRuns(machine.root).includes(run)
  const args = ['resume', ...(known ? [run] : []), `--on=${on}`, `--yes=${on}`]
  for (;;) {
    const result = await cli(machine, what.asked ? [...args, `--step=${answer}`] : args, orders)
    if (result.exit === 3 && result.stderr.includes('has not ended') && !what.waited) {
      what.waited = true
      await groupEnds(stateOf(machine.root, run).open?.command?.pid ?? 0)
    } else if (result.exit === 3 && result.stderr.includes('--step again') && !what.asked) {
      what.asked = true
    } else {
      return result
    }
  }
}

/** How long a command may go on without its runner, in seconds. */
const patience = 300

async function groupEnds(group: number): Promise<void> {
  for (const deadline = Date.now() + patience * 1000; groupLives(group); await sleep(200)) {
    if (Date.now() > deadline) throw new Error(`The process group ${group} has not ended in ${patience} s.`)
  }
}

/** The run that was begun last in an environment. */
function newestRun(root: string, environment: string): string | undefined {
  return listRuns(root).find((each) => stateOf(root, each).start.environment === environment)
}

export function stateOf(root: string, run: string): Progress {
  const state = progress(readJournal(root, run))
  if (!state) throw new Error(`The journal of ${run} does not begin with its start.`)
  return state
}

/** Why the run stopped, with the output of what failed. */
function lastError(root: string, run: string): string {
  const { failed, end } = stateOf(root, run)
  if (!failed) return end?.error ?? ''
  return [failed.end.step, failed.command?.command, failed.command?.output, failed.end.error]
    .filter(Boolean)
    .join('\n')
}
