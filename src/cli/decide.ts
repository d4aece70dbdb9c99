/** What to do with the step, or the undo, in which a process died: nobody but the operator can know. */
import { hostname } from 'node:os'
import { Refusal } from '../run/errors.ts'
import type { PlanItem } from '../run/plan.ts'
import type { Progress } from '../run/progress.ts'
import { decidesItself, openCommand } from '../run/resume.ts'
import type { Args } from './args.ts'
import { askChoice, isInteractive } from './prompts.ts'

export function refuseBadStep({ values, problems }: Args): void {
  if (values.step && !['again', 'done'].includes(values.step)) {
    problems.push('--step is again or done: what to do with the step in which the run died')
  }
}

export interface Decision {
  verb: 'resume' | 'undo'
  /** The value of `--step`. */
  answer: string | undefined
  say(text: string): void
}

/** Returns the step that counts as done, if any. Throws `Refusal` where nobody decides. */
export async function decide(
  state: Progress,
  items: readonly PlanItem[],
  { verb, answer, say }: Decision,
): Promise<string | undefined> {
  const { open, start } = state
  if (!open || decidesItself(state, items)) return undefined
  const item = items.find(({ slug }) => slug === open.step)
  const facts = openCommand(state, hostname())
  const where = open.undo ? `while going back over “${item?.title}”` : `in “${item?.title}”`
  say(`The run ended without a word ${where}${facts.length > 0 ? ', while this was running:' : '.'}`)
  for (const fact of facts) say(fact)
  const what = open.undo ? 'undo' : 'step'
  // A step with a value cannot be marked: nobody knows the value.
  const canMark = open.undo || (item?.item.type === 'step' && item.item.value === undefined)
  const choice =
    answer ??
    (isInteractive()
      ? await askChoice('What is to be done?', [
          { value: 'stop', label: 'Stop here', hint: 'look at the system first' },
          { value: 'again', label: `Run the ${what} again` },
          ...(canMark ? [{ value: 'done', label: `Mark the ${what} as done` }] : []),
        ])
      : undefined)
  if (choice === 'again') return undefined
  if (choice === 'done' && canMark) return open.step
  const command = `pnpm runbook ${verb} ${start.run} --step`
  throw new Refusal('Nothing was run.', {
    hints: [
      `${command} again   runs the ${what} again`,
      ...(canMark ? [`${command} done    counts it as done`] : []),
    ],
  })
}
