/** A fault of the surroundings in the middle of a run: it survives, or stops with a clear error and goes on later. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Event } from '../../run/journal-schema.ts'
import { readJournal } from '../../run/read-journal.ts'
import { oneLine, playOn, type Stage } from '../play.ts'
import { parse, playArguments, played } from '../script.ts'
import type { Drill, Scenario, Stack } from '../types.ts'
import type { Orders } from './kill.ts'
import { thisMachine } from './machines.ts'
import { leftBehind, wrong } from './matrix.ts'
import { cli, goOn, type Result, stateOf } from './operator.ts'

export interface Fault {
  scenario: Scenario<object>
  /** Slug of the step, and whether it happens before its first command or while one runs: from 1, and how long. */
  at: { step: string; during?: { command: number; milliseconds: number } }
  cause(stack: Stack): Promise<unknown>
  /** Puts right what was broken, before the run goes on. */
  mend?(stack: Stack): Promise<unknown>
  /** What the operator must be told when the run stops. Absent: it must go through without stopping. */
  stops?: RegExp
  jumps?: NonNullable<Orders['jumps']>
}

/** Plays the fault on a stack that is up. Rejects with all that is wrong. */
export async function playFault(drill: Drill, stage: Stage, stack: Stack, fault: Fault): Promise<string> {
  const problems: string[] = []
  let told = ''
  const machine = thisMachine(stage.root)
  const { play } = await playOn(drill, { scenario: fault.scenario, rendition: 'script' }, stack, {
    document: stage.document,
    async act(params) {
      const args = playArguments({ runbook: drill.runbook, on: stack.name, params })
      const orders = { kills: [], ...(fault.jumps && { jumps: fault.jumps }) }
      const trigger = triggered(fault.at, () => fault.cause(stack))
      let result = await cli(machine, args, orders, { on: trigger.hear })
      await trigger.caused()
      const run = runOf(result)
      const { failed, end } = stateOf(machine.root, run)
      told = [result.stderr, failed?.command?.output, failed?.end.error, end?.error]
        .filter(Boolean)
        .join('\n')
      if (fault.stops) {
        if (result.exit !== 1) problems.push(`It ended with ${result.exit}, not with 1.`)
        if (!fault.stops.test(told))
          problems.push(`The message does not say ${fault.stops}: ${oneLine(told)}`)
        await fault.mend?.(stack)
        const what = { reached: true, waited: false, asked: false }
        const go = { run, on: stack.name, answer: 'again' as const, what, orders }
        result = await goOn(machine, go)
      }
      const events = readJournal(machine.root, run)
      problems.push(...wrong(events), ...(await leftBehind(stack, { machine, run })))
      return { ...played(events, '', stack.name), done: result.exit === 0, message: result.stderr }
    },
  })
  if (play.reason) problems.unshift(play.reason)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const said = told.split('\n').find((line) => fault.stops?.test(line)) ?? ''
  return `${play.rows?.compared} rows compared. ${said.trim().slice(0, 160)}`
}

function runOf({ stdout, stderr }: Result): string {
  const start = parse(stdout).find(({ event }) => event === 'run-start')
  if (start?.event !== 'run-start') throw new Error(`No run began: ${stderr}`)
  return start.run
}

/**
 * Calls `cause` once, when the run comes to the point. Before a step, the runner is held meanwhile, so that the step
 * cannot be quicker.
 */
function triggered({ step, during }: Fault['at'], cause: () => Promise<unknown>) {
  let current = ''
  let command = 0
  let last = ''
  let happening: Promise<void> | undefined
  const begin = async (pid: number) => {
    if (during) {
      await sleep(during.milliseconds)
      await cause()
      return
    }
    process.kill(pid, 'SIGSTOP')
    try {
      await cause()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  }
  return {
    hear(event: Event, pid: number) {
      if (happening) return
      if (event.event === 'step-start') [current, command, last] = [event.step, 0, '']
      if (event.event === 'command-start' && event.command !== last) {
        command++
        last = event.command
      }
      const here =
        during === undefined
          ? event.event === 'step-start'
          : event.event === 'command-running' && command === during.command
      if (!here || current !== step) return
      happening = begin(pid)
      // What went wrong in it is said when it is waited for.
      happening.catch(() => {})
    },
    async caused() {
      if (!happening) throw new Error(`The run never came to “${step}”.`)
      await happening
    },
  }
}
