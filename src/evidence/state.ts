/** Whether a runbook is proven, in one word and one sentence. */
import type { Reading } from './store.ts'

export type State = 'proven' | 'stale' | 'failed' | 'edited' | 'missing'

export interface Standing {
  state: State
  /** One sentence for people: `The last drill on 2026-11-21 proved exactly this runbook.` */
  reason: string
}

/** Judges evidence against the fingerprint of what is in the checkout now. */
export function standing(reading: Reading, fingerprint: string): Standing {
  if (reading.kind === 'missing') return { state: 'missing', reason: 'It has never been drilled.' }
  if (reading.kind === 'edited') {
    return { state: 'edited', reason: `Its evidence was not written by a drill: ${reading.problem}.` }
  }
  const { evidence } = reading
  const day = evidence.finished.slice(0, 10)
  if (evidence.result === 'failed') {
    return { state: 'failed', reason: `The last drill on ${day} failed: ${failure(reading.evidence)}` }
  }
  if (evidence.fingerprint !== fingerprint) {
    const reason = `The runbook, its stack or its language changed after the last drill on ${day}.`
    return { state: 'stale', reason }
  }
  return { state: 'proven', reason: `The last drill on ${day} proved exactly this runbook.` }
}

function failure({ plays, twins }: Extract<Reading, { kind: 'evidence' }>['evidence']): string {
  const play = plays.find(({ result }) => result === 'failed')
  if (play) return `${play.scenario} (${play.rendition}): ${play.reason ?? 'no reason given'}`
  const twin = twins.find(({ result }) => result === 'failed')
  return twin ? `${twin.scenario}: ${twin.message}` : 'no reason given'
}
