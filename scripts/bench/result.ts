/** How a benchmark measures, and what it makes of its figures. */
import { cpus, loadavg, totalmem } from 'node:os'
import type { Machine, Row, Spread } from '../../src/site/performance.ts'

/** Median and the middle four fifths: quartiles of five runs would say nothing. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => rounded(sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN)
  return { median: at(0.5), p10: at(0.1), p90: at(0.9), n: sorted.length }
}

function rounded(value: number): number {
  return value < 10 ? Math.round(value * 100) / 100 : Math.round(value * 10) / 10
}

export function thisMachine(): Machine {
  const all = cpus()
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cpus: all.length,
    memoryBytes: totalmem(),
    node: process.version,
    load: rounded(loadavg()[0] ?? 0),
  }
}

/** Runs the variants in turn, so that what else the machine does falls on all of them. */
export async function inTurn(
  rounds: number,
  variants: Record<string, () => Promise<number> | number>,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(variants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(variants)) times[name]?.push(await measure())
  return times
}

export function rowsOf(times: Record<string, number[]>, unit: Row['unit']): Row[] {
  return Object.entries(times).map(([what, values]) => ({ what, unit, ...spreadOf(values) }))
}
