/**
 * Preloaded into the CLI (`node --import`) by the crash matrix: kills it with SIGKILL at a chosen point, gives it
 * another machine's name, or lets its clock jump. The product has no hook for this: the points are found in the events that
 * `--json` prints, each of which is in both journals when it is printed. So the process dies at exactly that point,
 * not some milliseconds later.
 */
import { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import type { Event } from '../../run/journal-schema.ts'
import type { Moment } from './points.ts'

export interface Orders {
  kills: Kill[]
  /** Name of the machine, for all that asks for it. */
  host?: string | undefined
  /** Jumps of the clock: when the step begins, it goes on so many milliseconds later (or earlier). */
  jumps?: { step: string; by: number }[]
}

export interface Kill {
  /** Its place in the list that the caller keeps. */
  id: number
  moment: Moment
  step: string
  command: number
  /** Milliseconds that a command goes on before the runner dies. */
  delay: number
  /** The whole machine dies, and with it what the command runs there; on the target it may go on. */
  machine: boolean
}

/** The variable that holds the orders. It is not among those that commands are given. */
export const ORDERS = 'DRILLBOOK_CRASH'
/** What is said of a kill on stderr: `crash: killed at 3`. */
export const SAID = /^crash: killed at (\d+)$/m

/** Calls `die` with the kill that is due, as the events come. */
export function watch(
  kills: readonly Kill[],
  die: (kill: Kill, group: number | undefined) => void,
): (event: Event) => void {
  let step = ''
  let command = 0
  let last: string | undefined
  /** Only what a step runs for its sake counts, not its `unless`, nor an undo. */
  let counts = false
  let group: number | undefined
  let timer: NodeJS.Timeout | undefined
  const due = (moment: Moment, number = 0) =>
    kills.find((kill) => kill.moment === moment && kill.step === step && kill.command === number)
  const check = (moment: Moment, number = 0) => {
    const kill = due(moment, number)
    if (kill) die(kill, group)
  }
  return (event) => {
    switch (event.event) {
      case 'run-start':
        check('start')
        break
      case 'step-start':
        step = event.step
        command = 0
        last = undefined
        check('before')
        break
      case 'command-start':
        counts = event.purpose === 'run' || event.purpose === 'test'
        if (counts && event.command !== last) {
          command++
          last = event.command
        }
        break
      case 'command-running': {
        group = event.pid
        const kill = counts ? due('during', command) : undefined
        if (kill?.delay === 0) die(kill, group)
        else if (kill) timer = setTimeout(() => die(kill, group), kill.delay)
        break
      }
      case 'command-end': {
        group = undefined
        clearTimeout(timer)
        if (!counts) break
        // It was quicker than usual: the runner dies at once, so that no cell passes without a kill.
        const late = due('during', command)
        if (late) die(late, undefined)
        check('after', command)
        break
      }
      case 'step-end':
        check('end')
        break
      case 'step-skip':
        // Marked as done: its start was in another process.
        step = event.step
        check('end')
        break
    }
  }
}

function die({ id, machine }: Kill, group: number | undefined): void {
  writeSync(2, `crash: killed at ${id}\n`)
  if (machine && group !== undefined) process.kill(-group, 'SIGKILL')
  process.kill(process.pid, 'SIGKILL')
}

function obey({ kills, host, jumps = [] }: Orders): void {
  if (host !== undefined) {
    os.hostname = () => host
    syncBuiltinESMExports()
  }
  const jump = jumping(jumps)
  const follow = watch(kills, die)
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = ((text: string, ...rest: []) => {
    const event =
      typeof text === 'string' && text.startsWith('{"v":') ? (JSON.parse(text) as Event) : undefined
    const written = write(text, ...rest)
    if (event) {
      jump(event)
      follow(event)
    }
    return written
  }) as typeof process.stdout.write
}

/** Puts a clock in the place of the runner's own, that can be set. */
function jumping(jumps: readonly { step: string; by: number }[]): (event: Event) => void {
  if (jumps.length === 0) return () => {}
  const Real = globalThis.Date
  let off = 0
  const now = () => Real.now() + off
  globalThis.Date = new Proxy(Real, {
    construct: (target, args) => (args.length === 0 ? new target(now()) : Reflect.construct(target, args)),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
  return (event) => {
    if (event.event !== 'step-start') return
    for (const { step, by } of jumps) if (step === event.step) off += by
  }
}

const orders = process.env[ORDERS]
if (orders !== undefined) {
  delete process.env[ORDERS]
  obey(JSON.parse(orders) as Orders)
}
