/** What a drill prints. */

import type { Play, Twin } from '../evidence/schema.ts'
import { grid } from './grid.ts'

const seconds = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} s`)

/** One line a play: what it measured. */
export function table(plays: readonly Play[], twins: readonly Twin[]): string {
  const head = ['', 'scenario', 'rendition', 'RTO', 'RPO', 'discarded', 'rows compared', 'wrong', 'steps']
  const rows = plays.map((play) => [
    play.result === 'passed' ? '✓' : '✗',
    play.phase ? `${play.scenario}, ${play.phase}` : play.scenario,
    play.rendition,
    seconds(play.rto),
    seconds(play.rpo),
    seconds(play.discarded),
    play.rows ? String(play.rows.compared) : '–',
    play.rows ? String(play.rows.missing + play.rows.unexpected) : '–',
    seconds(play.steps.reduce((sum, step) => sum + step.seconds, 0)),
  ])
  const parts = [grid([head, ...rows])]
  const failed = plays.filter(({ reason }) => reason)
  parts.push(...failed.map((play) => `✗ ${play.scenario} (${play.rendition}): ${play.reason}`))
  if (twins.length > 0) {
    const marks = twins.map(({ result, scenario, message }) => [
      result === 'passed' ? '✓' : '✗',
      scenario,
      message,
    ])
    parts.push(grid([['', 'broken on purpose', 'what the operator saw'], ...marks]))
  }
  return parts.join('\n\n')
}

/** One play in words, for a person who watched it. */
export function describe({ rows, rto, rpo, discarded, objects, reason }: Play): string {
  const lines = [
    rows &&
      `${rows.compared} rows compared: ${rows.missing} missing, ${rows.unexpected} that must not be there.`,
    objects && `${objects.compared} objects compared: ${objects.different} different.`,
    rto !== null && `Users were served again ${seconds(rto)} after the disaster.`,
    rpo !== null && `Data lost: ${rpo === 0 ? 'nothing' : `the last ${seconds(rpo)}`}.`,
    discarded !== null &&
      `What was written in the last ${seconds(discarded)} before the disaster was discarded, as asked for.`,
    reason && `Wrong: ${reason}`,
  ]
  return lines.filter(Boolean).join('\n')
}
