/** What the matrix consists of, and which part of it is played. Pure: the same seed makes the same choice. */

import type { Document } from '../../runbook/document.ts'
import { type Point, pointsOf } from './points.ts'

/** One kill, and how the run is gone on with. */
export interface Cell {
  runbook: string
  point: Point
  /** The machine that goes on: the same, or another one that has nothing of the first but the checkout. */
  where: 'here' | 'elsewhere'
  /** What the operator says about a step of which the runner does not know whether it has happened. */
  answer: 'again' | 'done'
  /** How far the command has come when the runner is killed during it, as a part of its usual time. */
  part: number
  /** Which of the drill's scenarios; a number to divide. */
  scenario: number
}

export interface Selection {
  seed: number
  runbook?: string | undefined
  /** A part of their description. */
  only?: string | undefined
  /** `1/4`: the first of four parts. */
  shard?: { index: number; of: number } | undefined
  /** So many of the runbooks, by chance. */
  runbooks?: number | undefined
  /** So many of the cells, by chance. */
  sample?: number | undefined
}

/** Every cell of every runbook; `seed` decides which of the two machines, answers and scenarios each one gets. */
export function cellsOf(documents: readonly Document[], seed: number): Cell[] {
  const random = randomBy(seed)
  return documents.flatMap((document) =>
    pointsOf(document).map((point) => ({
      runbook: document.name,
      point,
      where: random() < 0.5 ? ('here' as const) : ('elsewhere' as const),
      answer: point.last && random() < 0.5 ? ('done' as const) : ('again' as const),
      // Half of them at once: that is when least is known of the command.
      part: random() < 0.5 ? 0 : round(random() * 0.6),
      scenario: Math.floor(random() * 1000),
    })),
  )
}

export function select(
  cells: readonly Cell[],
  { seed, runbook, only = '', shard, runbooks, sample }: Selection,
): Cell[] {
  const matching = cells.filter(
    (cell) => (runbook === undefined || cell.runbook === runbook) && describe(cell).includes(only),
  )
  const drawn = runbooks === undefined ? undefined : drawRunbooks(matching, runbooks, randomBy(seed + 2))
  const all = drawn ? matching.filter((cell) => drawn.has(cell.runbook)) : matching
  const chosen =
    sample === undefined || sample >= all.length ? all : sampleOf(all, sample, randomBy(seed + 1))
  return shard ? chosen.filter((_, index) => index % shard.of === shard.index - 1) : chosen
}

/** `restore, swap-the-clusters, during, elsewhere`. */
export function describe({ runbook, point, where, answer }: Cell): string {
  const { step, moment, command } = point
  const when = command > 1 ? `${moment} command ${command}` : moment
  return [runbook, step, when, where, answer === 'done' && 'marked as done'].filter(Boolean).join(', ')
}

function drawRunbooks(cells: readonly Cell[], count: number, random: () => number): Set<string> {
  return new Set(shuffled([...new Set(cells.map(({ runbook }) => runbook))], random).slice(0, count))
}

/** In their order. Every runbook gets its share, rounded up to one. */
function sampleOf(cells: readonly Cell[], size: number, random: () => number): Cell[] {
  const names = [...new Set(cells.map(({ runbook }) => runbook))]
  const picked = new Set<Cell>()
  for (const name of names) {
    const own = cells.filter(({ runbook }) => runbook === name)
    const share = Math.max(1, Math.round((size * own.length) / cells.length))
    for (const cell of shuffled(own, random).slice(0, share)) picked.add(cell)
  }
  return cells.filter((cell) => picked.has(cell))
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

/**
 * Cells that are played in one run, one kill after the other: cells of the same runbook, spread over its steps,
 * `together` at most.
 */
export function runsOf(cells: readonly Cell[], together: number): Cell[][] {
  const names = [...new Set(cells.map(({ runbook }) => runbook))]
  return names.flatMap((name) => {
    const own = cells.filter(({ runbook }) => runbook === name)
    const runs = Math.ceil(own.length / together)
    return Array.from({ length: runs }, (_, run) => own.filter((_, index) => index % runs === run))
  })
}

// The stack's application has this, too: neither may import the other.
// jscpd:ignore-start
/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomBy(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
// jscpd:ignore-end

const round = (value: number) => Math.round(value * 100) / 100
