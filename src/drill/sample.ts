/**
 * Which plays and twins a test run takes. A whole drill is for `pnpm drill` and for the weekly run; a test run plays
 * what is marked `always`, and of each runbook one play and one twin more of what is not marked, drawn by a seed. The
 * seed is the commit, so that another commit tries another sample and the same commit the same one. `DRILL_SEED`
 * repeats an earlier one, `DRILL_SAMPLE=all` takes everything.
 */
import { createHash } from 'node:crypto'
import { commitOf } from './commit.ts'
import { plays } from './plan.ts'
import type { PlayRequest } from './play.ts'
import type { Drill, Twin } from './types.ts'

export interface Sample {
  requests: PlayRequest[]
  twins: Twin<object>[]
}

/** The sample of one drill: the same for the same seed, whatever the order in which drills are asked for. */
export function sample(drill: Drill, seed: string): Sample {
  const requests = plays(drill)
  if (seed === 'all') return { requests, twins: drill.twins }
  const always = requests.filter(({ scenario }) => scenario.sample === 'always')
  const others = requests.filter(({ scenario }) => scenario.sample === undefined)
  return {
    requests: [...always, ...draw(others, `${seed} ${drill.runbook} play`)],
    twins: draw(drill.twins, `${seed} ${drill.runbook} twin`),
  }
}

/** From the caller's environment, else the commit of the checkout. */
export function seedOf(root: string, env: NodeJS.ProcessEnv = process.env): string {
  if (env.DRILL_SAMPLE === 'all') return 'all'
  if (env.DRILL_SEED) return env.DRILL_SEED
  return commitOf(root)?.slice(0, 12) ?? 'none'
}

/** The same for the crash matrix and the faults, which take a number: `CRASH_SEED`, else the commit. */
export function crashSeedOf(root: string, env: NodeJS.ProcessEnv = process.env): string {
  return env.CRASH_SEED ?? String(Number.parseInt(commitOf(root)?.slice(0, 7) ?? '0', 16))
}

/** One of them, or none if there is none. The same for the same seed. */
export function draw<T>(from: readonly T[], seed: string): T[] {
  if (from.length === 0) return []
  const number = createHash('sha256').update(seed).digest().readUInt32BE()
  return from.slice(number % from.length).slice(0, 1)
}
