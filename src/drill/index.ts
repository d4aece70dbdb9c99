/** The words of a drill file: `const { drill, twin } = drills(system)`. */
export { type Drills, drills } from './collector.ts'
export type { Comparison, Ledger, LedgerStore } from './ledger.ts'
export { type Lines, openLines } from './lines.ts'
export type { Digest, Phase, Rendition, Scenario, Scene, Stack, System, Twin } from './types.ts'
