/** Whether a run can go on, and with what. Pure but for a look at this machine's processes. */
import { reused } from './birth.ts'
import { Refusal } from './errors.ts'
import { groupLives } from './interruption.ts'
import type { PlannedItem } from './journal-schema.ts'
import type { PlanItem } from './plan.ts'
import type { Finished, OpenCommand, Progress } from './progress.ts'
import { REDACTED } from './redact.ts'

/** Throws `Refusal` with the reason if the run cannot go on. */
export function refuseResume(state: Progress, plan: readonly PlanItem[], host: string): void {
  const { start, end, undoing } = state
  if (end?.result === 'done') throw new Refusal(`The run ${start.run} is done.`)
  if (end?.result === 'undone') {
    throw new Refusal(`The run ${start.run} was undone. There is nothing to go on from.`, {
      hints: [`pnpm runbook ${start.runbook} --on ${start.environment}   begins a new one`],
    })
  }
  if (undoing) {
    throw new Refusal(`The run ${start.run} was going back. It cannot go forward from there.`, {
      hints: [`pnpm runbook undo ${start.run}   goes on going back`],
    })
  }
  refuseChanged(state, plan)
  refuseAlive(state, host)
  const lost = [...state.finished].find(([, { value }]) => value.includes(REDACTED))
  if (lost) {
    throw new Refusal(
      `The value of “${lost[0]}” held a secret, so it was not written down, and the run cannot go on.`,
    )
  }
}

/** Throws `Refusal` if the process that plays the run still lives on this machine. */
export function refuseAlive({ start, last, end }: Progress, host: string): void {
  const { pid, born } = last
  if (end || last.host !== host || pid === process.pid || reused(pid, born) || !processLives(pid)) return
  throw new Refusal(`The run ${start.run} is still going on here, as process ${last.pid}.`)
}

/** Throws `Refusal`, with the difference, if the runbook's steps are not those that the run began with. */
export function refuseChanged({ start }: Progress, plan: readonly PlanItem[]): void {
  const changes = planChanges(start.plan, plan)
  if (changes.length === 0) return
  throw new Refusal(`The steps of ${start.runbook} have changed since the run ${start.run} began.`, {
    hints: [
      ...changes,
      start.commit ? `The run began at commit ${start.commit.slice(0, 12)}: check that out to go on.` : '',
    ].filter(Boolean),
  })
}

/** One line for each step that was removed, added, moved or changed. */
export function planChanges(before: readonly PlannedItem[], now: readonly PlannedItem[]): string[] {
  const old = new Map(before.map((item, index) => [item.slug, { item, index }]))
  const removed = before
    .filter(({ slug }) => !now.some((item) => item.slug === slug))
    .map(({ title }) => `- ${title}`)
  const others = now.flatMap((item, index) => {
    const was = old.get(item.slug)
    if (!was) return [`+ ${item.title}`]
    if (was.item.digest !== item.digest) return [`~ ${item.title}: what it does`]
    return removed.length === 0 && before.length === now.length && was.index !== index
      ? [`~ ${item.title}: its place`]
      : []
  })
  return [...removed, ...others]
}

/** What is known about the command that was running when the process died. */
export function openCommand({ open, last }: Progress, host: string): string[] {
  if (!open?.command) return []
  const { command, at, pid } = open.command
  const here = last.host === host
  const alive = here && commandLives(open.command)
  return [
    `  ${command}`,
    `It began at ${at}, and nothing is known of its end.`,
    ...(alive
      ? [`It is still running here, as process group ${pid}: wait for it, or end it with  kill -- -${pid}`]
      : []),
    ...(pid !== undefined && !here ? [`It was started by ${last.who}, where it may still be running.`] : []),
  ]
}

/** Throws `Refusal` if the command that was running still runs on this machine: nothing may go on beside it. */
export function refuseCommandLives(state: Progress, plan: readonly PlanItem[], host: string): void {
  if (state.last.host !== host || !commandLives(state.open?.command)) return
  const title = plan.find(({ slug }) => slug === state.open?.step)?.title
  throw new Refusal(`The command that was running in “${title}” has not ended.`, {
    hints: openCommand(state, host),
  })
}

/** True if running the step again is decided: by an `unless` of its own, or because it had begun nothing. */
export function decidesItself({ open }: Progress, plan: readonly PlanItem[]): boolean {
  if (!open) return true
  const item = plan.find(({ slug }) => slug === open.step)?.item
  const begunNothing = !open.command && open.commands.every(({ purpose }) => purpose === 'unless')
  const inUnless = open.command?.purpose === 'unless'
  return begunNothing || inUnless || (!open.undo && item?.type === 'step' && item.unless !== undefined)
}

/** The finished steps that an undo would go back over, newest first. */
export function undoable(
  plan: readonly PlanItem[],
  finished: ReadonlyMap<string, Finished>,
  undone: ReadonlySet<string>,
): PlanItem[] {
  return plan
    .filter(
      ({ slug, item }) => item.type === 'step' && item.undo && finished.get(slug)?.undo && !undone.has(slug),
    )
    .reverse()
}

/** Its leader may be gone. Its number is given to nobody while one of the group is left. */
function commandLives({ pid, born }: Pick<OpenCommand, 'pid' | 'born'> = {}): boolean {
  return pid !== undefined && !reused(pid, born) && groupLives(pid)
}

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
