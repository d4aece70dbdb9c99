/** What a page says about the evidence of its runbook. Pure: the loader reads, this judges and words. */
import { z } from 'astro/zod'
import type { Evidence, Play } from '../evidence/schema.ts'
import type { Standing } from '../evidence/state.ts'
import type { Objective } from '../runbook/document.ts'
import { count, day, duration, html, inSeconds, size, spelled } from './words.ts'

const figure = z.number().nullable()

export const proofFacts = z.object({
  state: z.enum(['proven', 'stale', 'failed', 'edited', 'missing']),
  reason: z.string(),
  /** When the last drill ended. Absent if there was none that can be believed; so are all figures below. */
  finished: z.string().optional(),
  /** The worst over all plays, in seconds. */
  rto: figure,
  rpo: figure,
  /** How long the steps usually take together: the median of the plays as a script, in seconds. */
  usual: figure,
  scenarios: z.array(z.object({ scenario: z.string(), rto: figure, rpo: figure, discarded: figure })),
  renditions: z.array(z.string()),
  rowsCompared: z.number(),
  rowsWrong: z.number(),
  databaseBytes: figure,
})

export type Proof = z.infer<typeof proofFacts>

export function proofOf(standing: Standing, evidence: Evidence | undefined): Proof {
  const plays = evidence?.plays ?? []
  return {
    state: standing.state,
    reason: standing.reason,
    ...(evidence && { finished: evidence.finished }),
    rto: worst(plays, ({ rto }) => rto),
    rpo: worst(plays, ({ rpo }) => rpo),
    usual: median(plays.filter(({ rendition }) => rendition === 'script').map(playSeconds)),
    scenarios: [...Map.groupBy(plays, ({ scenario }) => scenario)].map(([scenario, same]) => ({
      scenario,
      rto: worst(same, ({ rto }) => rto),
      rpo: worst(same, ({ rpo }) => rpo),
      discarded: worst(same, ({ discarded }) => discarded),
    })),
    renditions: [...new Set(plays.map(({ rendition }) => rendition))],
    rowsCompared: sum(plays, ({ rows }) => rows?.compared ?? 0),
    rowsWrong: sum(plays, ({ rows }) => (rows?.missing ?? 0) + (rows?.unexpected ?? 0)),
    databaseBytes: worst(plays, ({ databaseBytes }) => databaseBytes),
  }
}

/** One or two words for tables and badges. */
export const verdicts: Record<Proof['state'], string> = {
  proven: 'Proven',
  stale: 'Not proven',
  failed: 'Failed',
  edited: 'Not proven',
  missing: 'Never proven',
}

/** What the fingerprint says, in words. */
export function explanation({ state, finished, reason }: Proof): string {
  const on = finished ? `on ${day(finished)}` : ''
  switch (state) {
    case 'proven':
      return 'The script, the stack and the language are the ones that were drilled: the fingerprint matches.'
    case 'stale':
      return `The last drill ${on} passed, but the script, the stack or the language has changed since: the fingerprint does not match. The figures are those of the version before.`
    case 'failed':
      return `${reason} Do not rely on this runbook.`
    case 'edited':
      return 'The evidence was edited by hand, or damaged: its seal does not match. Its figures are not shown.'
    case 'missing':
      return 'No drill has played this runbook yet. Nothing on this page has been measured.'
  }
}

/** The bar at the top of a runbook's page. */
export function proofBar(proof: Proof, objective: Objective): string {
  const { rowsCompared, rowsWrong, databaseBytes } = proof
  const rows =
    rowsCompared === 0
      ? undefined
      : rowsWrong === 0
        ? `All ${count(rowsCompared)} rows that were compared are right.`
        : `${count(rowsWrong)} of ${count(rowsCompared)} rows are wrong.`
  const words = [
    explanation(proof),
    rows,
    databaseBytes && `Measured with ${size(databaseBytes)} of data in the reference stack.`,
  ]
  return [
    `<section class="proof not-content" data-proof="${proof.state}" aria-label="Proof">`,
    `<p class="proof-verdict"><strong>${verdicts[proof.state]}</strong>${proof.finished ? ` ${when(proof.finished)}` : ''}</p>`,
    '<dl>',
    objectiveCell('Time to recover', proof.rto, objective.rto),
    objectiveCell('Data lost', proof.rpo, objective.rpo),
    cell('All steps', proof.usual === null ? '–' : duration(proof.usual), 'usually'),
    cell(
      'Drilled',
      `${count(proof.scenarios.length)} ${proof.scenarios.length === 1 ? 'scenario' : 'scenarios'}`,
      drilledAs(proof),
    ),
    '</dl>',
    `<p class="proof-words">${words
      .filter(Boolean)
      .map((text) => html(String(text)))
      .join(' ')}</p>`,
    '</section>',
  ].join('')
}

/** A date whose age is put into the empty element when the page is viewed: see `age.ts`. */
export function when(moment: string): string {
  return `<time datetime="${html(moment)}" data-age>${day(moment)}<span></span></time>`
}

/** `within` or `over` the objective; undefined if there is nothing to compare. */
export function against(
  measured: number | null,
  objective: string | undefined,
): 'within' | 'over' | undefined {
  if (measured === null || objective === undefined) return undefined
  return measured <= inSeconds(objective) ? 'within' : 'over'
}

/** `objective 30 min, kept`. */
export function judged(measured: number | null, objective: string | undefined): string {
  if (objective === undefined) return 'no objective'
  const verdict = against(measured, objective)
  return `objective ${spelled(objective)}${verdict === undefined ? '' : verdict === 'within' ? ', kept' : ', missed'}`
}

export function playSeconds({ steps }: Play): number {
  return steps.reduce((total, { seconds }) => total + seconds, 0)
}

function drilledAs({ renditions }: Proof): string {
  return renditions.length === 0 ? 'never' : `as ${renditions.join(', ')}`
}

function objectiveCell(name: string, measured: number | null, objective: string | undefined): string {
  if (measured === null && objective === undefined) return ''
  const value = measured === null ? 'not measured' : duration(measured)
  return cell(name, value, judged(measured, objective), against(measured, objective))
}

function cell(name: string, value: string, note: string, verdict?: string): string {
  const mark = verdict ? ` data-verdict="${verdict}"` : ''
  return `<div${mark}><dt>${name}</dt><dd>${html(value)} <small>${html(note)}</small></dd></div>`
}

function worst(plays: Play[], of: (play: Play) => number | null): number | null {
  const figures = plays.map(of).filter((value) => value !== null)
  return figures.length === 0 ? null : Math.max(...figures)
}

function sum(plays: Play[], of: (play: Play) => number): number {
  return plays.reduce((total, play) => total + of(play), 0)
}

function median(values: number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}
