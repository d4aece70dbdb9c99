/**
 * A measurement beyond its limit. One alone proves nothing: the machine may have been busy with something else. So a
 * play that has no other fault is played twice more, and the median of the three counts.
 */
import type { Play } from '../evidence/schema.ts'

/** Thrown by a scenario whose measurement is beyond its limit; the message says what was measured and what was before. */
export class Outlier extends Error {}

export interface Judged {
  play: Play
  /** What was measured, if that is all that was wrong. */
  outlier?: string | undefined
}

/**
 * Plays once; where only a measurement is beyond its limit, up to twice more. Resolves to the play that counts: the
 * last, which passed when two of three are within the limit, and else says what was measured. Any other fault counts at once.
 */
export async function medianOfThree<T extends Judged>(play: () => Promise<T>): Promise<T> {
  const first = await play()
  if (first.outlier === undefined) return first
  const second = await play()
  const last = second.play.result === 'passed' ? await play() : second
  if (last.outlier !== undefined) last.play.reason = `twice of three: ${first.outlier} ${last.outlier}`
  else if (last.play.result === 'passed') last.play.outlier = first.outlier
  return last
}
