/**
 * Makes a Vitest test of every scenario, rendition and twin, and skips those that are not in the sample. Nothing is
 * written: a test run must not change the checkout. `pnpm drill` writes evidence.
 */
import { afterAll, type TestContext, test } from 'vitest'
import { end } from './at-end.ts'
import { onRegistered } from './collector.ts'
import { handOver } from './handover.ts'
import { plays } from './plan.ts'
import { type PlayRequest, playScenario, type Stage } from './play.ts'
import { stageOf } from './prove.ts'
import { type Sample, sample, seedOf } from './sample.ts'
import { removeAtExit } from './stack.ts'
import { shareStacks } from './stacks.ts'
import { playTwin } from './twin.ts'
import type { Drill } from './types.ts'

const root = process.cwd()
const timeout = 15 * 60_000

/** The tests of a file are played one after the other, on one stack while they pass, which may then serve the next file. */
const stacks = shareStacks(undefined, handOver(process.ppid))
removeAtExit(root)
afterAll(async () => {
  await stacks[Symbol.asyncDispose]()
  end()
}, 120_000)

const stages = new Map<string, Promise<Stage>>()
function stage(runbook: string): Promise<Stage> {
  const known = stages.get(runbook) ?? stageOf(root, runbook)
  stages.set(runbook, known)
  return known
}

const seed = seedOf(root)
const samples = new Map<string, Sample>()

/** What the sample has for this test, which is skipped if that is nothing. Asked when all of a drill is registered. */
function sampled<T>(drill: Drill, context: TestContext, find: (sample: Sample) => T | undefined): T {
  const known = samples.get(drill.runbook) ?? sample(drill, seed)
  samples.set(drill.runbook, known)
  return find(known) ?? context.skip(`not in the sample of DRILL_SEED=${seed}`)
}

onRegistered((drill, added) => {
  if ('twin' in added) {
    test(`${drill.runbook}: ${added.twin.twin}`, { timeout }, async (context) => {
      const twin = sampled(drill, context, ({ twins }) => twins.find((one) => one === added.twin))
      const played = await playTwin(drill, twin, await stage(drill.runbook), stacks)
      if (played.twin.result === 'failed') throw new Error(played.twin.message)
    })
    return
  }
  for (const name of plays({ ...drill, scenarios: [added.scenario] }).map(nameOf)) {
    test(`${drill.runbook}: ${name}`, { timeout }, async (context) => {
      const request = sampled(drill, context, ({ requests }) => requests.find((one) => nameOf(one) === name))
      const { play } = await playScenario(drill, request, await stage(drill.runbook), stacks)
      if (play.result === 'failed') throw new Error(play.reason)
    })
  }
})

function nameOf({ scenario, phase, rendition }: PlayRequest): string {
  return [scenario.scenario, phase?.name, rendition].filter(Boolean).join(', ')
}
