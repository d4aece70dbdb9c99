/** The words of a drill file: `const { drill, twin } = drills(system)`. */
export { type Drills, drills } from './collector.ts'
export type { Comparison, Ledger, LedgerStore } from './ledger.ts'
export { type Lines, openLines } from './lines.ts'
export type { Digest, Phase, Rendition, Scenario, Scene, Stack, System, Twin } from './types.ts'

// In Vitest every scenario becomes a test as it is registered, so this must happen before the drill file goes on.
if (process.env.VITEST) await import('./vitest.ts')
