/** The shape of `docs/performance.json`: what `pnpm bench` writes, and the Performance page shows. */
import { z } from 'zod'

const spread = z.object({ median: z.number(), p10: z.number(), p90: z.number(), n: z.int() })

const row = spread.extend({
  /** `runner`, `plain Starlight, 250 pages`. The first row of a benchmark is what the others are compared with. */
  what: z.string(),
  unit: z.enum(['ms', 's', 'MiB', 'KiB', '%', 'of 100']),
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

export type Spread = z.infer<typeof spread>
export type Machine = z.infer<typeof machine>
export type Row = z.infer<typeof row>
export type Benchmark = z.infer<typeof benchmark>
export type Performance = z.infer<typeof performance_>
