/** The words of a drill file: `const { drill, twin } = drills(system)`. */
export { atEnd } from './at-end.ts'
export { type Drills, drills } from './collector.ts'
export type { Comparison, Ledger, LedgerStore } from './ledger.ts'
export { type Lines, openLines } from './lines.ts'
export { Outlier } from './outlier.ts'
export type { Digest, Phase, Rendition, Scenario, Scene, Stack, System, Twin } from './types.ts'

// In Vitest's project `drill` every scenario becomes a test as it is registered, so this must happen before the drill
// file goes on. Other tests only borrow scenarios.
if (process.env.DRILL_TESTS) await import('./vitest.ts')
