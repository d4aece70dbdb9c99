/** A whole drill: every play and every twin, and the evidence that comes of it. */
import { readFileSync } from 'node:fs'
import { cpus, platform, totalmem } from 'node:os'
import { sha256 } from '../evidence/canonical.ts'
import { fingerprint } from '../evidence/fingerprint.ts'
import type { Evidence, Twin } from '../evidence/schema.ts'
import { journalFile } from '../run/journal.ts'
import { readRunbook } from '../runbook/library.ts'
import { type About, aboutOf } from './about.ts'
import { commitOf } from './commit.ts'
import type { PageBlock } from './page.ts'
import { readPage } from './page.ts'
import { type PlayRequest, type PlayResult, playScenario, type Stage } from './play.ts'
import { pool } from './pool.ts'
import { startStack } from './stack.ts'
import { shareStacks } from './stacks.ts'
import { playTwin } from './twin.ts'
import type { Drill, Twin as NegativeTwin } from './types.ts'

/** Stacks at a time. One alone keeps two cores busy: a second one would be measured, too. */
const stacksAtOnce = Math.max(1, Math.floor(cpus().length / 2))

export interface Proof {
  results: PlayResult[]
  twins: Twin[]
  /** The first stack as it was at its start; undefined if none did start. */
  about: About | undefined
}

/** What is played on: the checkout's runbook, and its page as it was built. */
export async function stageOf(root: string, runbook: string): Promise<Stage> {
  let blocks: PageBlock[] | undefined
  return {
    root,
    document: await readRunbook(root, runbook),
    blocks: () => (blocks ??= readPage(root, runbook)),
  }
}

/** Plays what is wanted; `said` hears of each result as it comes. */
export async function prove(
  drill: Drill,
  stage: Stage,
  wanted: { requests: readonly PlayRequest[]; twins: readonly NegativeTwin<object>[] },
  said: (result: PlayResult['play'] | Twin) => void,
): Promise<Proof> {
  const { requests } = wanted
  const results: PlayResult[] = []
  const twins: Twin[] = []
  let about: About | undefined
  const start: typeof startStack = async (...args) => {
    const stack = await startStack(...args)
    try {
      about ??= await aboutOf(drill.system, stack)
    } catch (error) {
      await stack.remove()
      throw error
    }
    return stack
  }
  await using stacks = shareStacks(start)
  const plays = requests.map((request, index) => async () => {
    const result = await playScenario(drill, request, stage, stacks)
    results[index] = result
    said(result.play)
  })
  const negative = wanted.twins.map((twin, index) => async () => {
    const result = await playTwin(drill, twin, stage, stacks)
    twins[index] = result.twin
    said(result.twin)
  })
  await pool([...plays, ...negative], stacksAtOnce)
  return { results, twins, about }
}

/** True if nothing failed and something was played. */
export function isProven({ results, twins }: Proof): boolean {
  return (
    results.length > 0 &&
    [...results.map(({ play }) => play), ...twins].every(({ result }) => result === 'passed')
  )
}

export async function evidenceOf(stage: Stage, proof: Proof): Promise<Omit<Evidence, 'seal'>> {
  const { root, document } = stage
  const { results, twins, about } = proof
  const run = results.find(({ play, played }) => play.result === 'passed' && played?.run)?.played?.run ?? ''
  return {
    schema: 1,
    runbook: document.name,
    fingerprint: fingerprint(root, document),
    result: isProven(proof) ? 'passed' : 'failed',
    commit: commitOf(root),
    finished: new Date().toISOString(),
    machine: { cpus: cpus().length, memoryBytes: totalmem(), platform: platform() },
    versions: about?.versions ?? {},
    images: about?.images ?? {},
    plays: results.map(({ play }) => play),
    twins,
    run,
    journal: run ? sha256(readFileSync(journalFile(root, run))) : '',
  }
}
