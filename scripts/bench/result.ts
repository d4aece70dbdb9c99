/** What a benchmark found out, and the file that the Performance page is made from. */

import { cpus, loadavg, totalmem } from 'node:os'
import { execaSync } from 'execa'
import { z } from 'zod'

const spread = z.object({ median: z.number(), p10: z.number(), p90: z.number(), n: z.int() })

const row = spread.extend({
  /** `runner`, `plain Starlight, 250 pages`. The first row of a benchmark is what the others are compared with. */
  what: z.string(),
  unit: z.enum(['ms', 's', 'MiB', 'KiB']),
})

const machine = z.object({
  processor: z.string(),
  cpus: z.int(),
  memoryBytes: z.int(),
  node: z.string(),
  /** Of the minute before: what else the machine was doing. */
  load: z.number(),
})

const benchmark = z.object({
  name: z.string(),
  title: z.string(),
  /** How it is measured, in a sentence or two. */
  how: z.string(),
  /** Null: it has not been measured. */
  result: z
    .object({ measured: z.iso.datetime(), commit: z.string().nullable(), machine, rows: z.array(row) })
    .nullable(),
})

export const performance_ = z.object({ schema: z.literal(1), benchmarks: z.array(benchmark) })

export type Row = z.infer<typeof row>
export type Benchmark = z.infer<typeof benchmark>
export type Performance = z.infer<typeof performance_>

/** Median and the middle four fifths: quartiles of five runs would say nothing. */
export function spreadOf(values: readonly number[]): z.infer<typeof spread> {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => rounded(sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN)
  return { median: at(0.5), p10: at(0.1), p90: at(0.9), n: sorted.length }
}

function rounded(value: number): number {
  return value < 10 ? Math.round(value * 100) / 100 : Math.round(value * 10) / 10
}

export function thisMachine(): z.infer<typeof machine> {
  const all = cpus()
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cpus: all.length,
    memoryBytes: totalmem(),
    node: process.version,
    load: rounded(loadavg()[0] ?? 0),
  }
}

export function commitOf(root: string): string | null {
  const { exitCode, stdout } = execaSync('git', ['rev-parse', 'HEAD'], { cwd: root, reject: false })
  return exitCode === 0 ? stdout.trim() : null
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
