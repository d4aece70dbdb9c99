/** What the crash matrix prints. */
import { grid } from '../grid.ts'
import { describe } from './cells.ts'
import type { CellResult } from './matrix.ts'

/** One line a step, one column a point; then the counts, then what failed. */
export function crashTable(results: readonly CellResult[]): string {
  const runbooks = [...new Set(results.map(({ cell }) => cell.runbook))]
  const parts = runbooks.map((runbook) =>
    pointTable(
      results.filter(({ cell }) => cell.runbook === runbook),
      runbook,
    ),
  )
  const failed = results.filter(({ result }) => result === 'failed')
  parts.push(...failed.map((one) => `✗ ${describe(one.cell)}, ${one.scenario}\n    ${one.reason}`))
  parts.push(counts(results))
  return parts.join('\n\n')
}

const marks = { passed: '✓', failed: '✗', 'not reached': '–' }

function pointTable(results: readonly CellResult[], runbook: string): string {
  const columns = ['start', 'before', 'during', 'after', 'end'] as const
  const steps = [...new Set(results.map(({ cell }) => cell.point.step))]
  const rows = steps.map((step) => [
    step || '(the run)',
    ...columns.map((column) =>
      results
        .filter(({ cell: { point } }) => point.step === step && point.moment === column)
        .map(({ result, cell }) => `${marks[result]}${cell.where === 'elsewhere' ? 'e' : 'h'}`)
        .join(' '),
    ),
  ])
  return grid([[runbook, ...columns], ...rows])
}

function counts(results: readonly CellResult[]): string {
  const of = (accept: (result: CellResult) => boolean) => results.filter(accept).length
  return [
    `${results.length} kills: ${of(({ result }) => result === 'passed')} passed, ${of(({ result }) => result === 'failed')} failed, ${of(({ result }) => result === 'not reached')} not reached.`,
    `${of(({ cell }) => cell.where === 'here')} went on here (h), ${of(({ cell }) => cell.where === 'elsewhere')} elsewhere (e);`,
    `${of(({ running }) => running !== undefined)} left a command running, ${of(({ waited }) => waited)} waited for it, ${of(({ asked }) => asked)} had to be told what to do with the step.`,
  ].join('\n')
}
