/** Where a run can be killed: read from the runbook's Document, so that a new runbook or step joins by itself. */
import { type PlanItem, plan } from '../../run/plan.ts'
import type { Document, Statement, Step } from '../../runbook/document.ts'

/**
 * `start`   the run has been recorded, no step has begun
 * `before`  the step has been recorded, none of its commands has begun
 * `during`  a command has been recorded and runs; it may live on without the runner
 * `after`   the command has ended and that was recorded; the step has no end yet
 * `end`     the last step has ended, the run has not: it still holds the lock
 */
export type Moment = 'start' | 'before' | 'during' | 'after' | 'end'

export interface Point {
  moment: Moment
  /** Slug of the step; '' for `start`. */
  step: string
  /** Which of the step's commands, from 1; attempts of a `retry` count as one. 0 for the moments without one. */
  command: number
  /** False if the command stands under a condition: a run may not come there. */
  sure: boolean
  /** The step has no command after this one and returns nothing: who sees that it succeeded may mark it as done. */
  last: boolean
}

/** Every point of a runbook, in the order in which a run comes to them. */
export function pointsOf(document: Document): Point[] {
  const items = plan(document).filter(isStep)
  const common = { command: 0, sure: true, last: false }
  const end = items.at(-1)
  return [
    { ...common, moment: 'start', step: '' },
    ...items.flatMap(({ slug, item }) => {
      const { least, most } = count(item.body)
      const commands = Array.from({ length: most }, (_, index) => index + 1)
      const before: Point = { ...common, moment: 'before', step: slug }
      return [
        before,
        ...commands.flatMap((command) => {
          const sure = command <= least
          // The first attempt of a retry may have failed: nobody would take that for done.
          const once = item.body.at(-1)?.type === 'command' && item.value === undefined
          const last = command === least && least === most && once
          return (['during', 'after'] as const).map(
            (moment): Point => ({ moment, step: slug, command, sure, last: last && moment === 'after' }),
          )
        }),
      ]
    }),
    ...(end ? [{ ...common, moment: 'end' as const, step: end.slug }] : []),
  ]
}

function isStep(item: PlanItem): item is PlanItem & { item: Step } {
  return item.item.type === 'step'
}

/** How many commands of a body are run: at least, and at most. */
function count(body: readonly Statement[]): { least: number; most: number } {
  let [least, most] = [0, 0]
  for (const statement of body) {
    if (statement.type === 'command' || statement.type === 'retry') {
      least++
      most++
    } else if (statement.type === 'if') {
      const test = statement.condition.test.type === 'ok' ? 1 : 0
      const branches = [count(statement.then), count(statement.otherwise)]
      least += test + Math.min(...branches.map((branch) => branch.least))
      most += test + Math.max(...branches.map((branch) => branch.most))
    } else if (statement.type === 'for') {
      const inner = count(statement.body)
      least += inner.least * statement.values.length
      most += inner.most * statement.values.length
    }
  }
  return { least, most }
}
