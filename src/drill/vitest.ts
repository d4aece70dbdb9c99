/**
 * Makes a Vitest test of every scenario, rendition and twin, and skips those that are not in the sample. Nothing is
 * written: a test run must not change the checkout. `pnpm drill` writes evidence.
 */
import { afterAll, beforeAll, type TestContext, test } from 'vitest'
import { onRegistered } from './collector.ts'
import { plays } from './plan.ts'
import { type PlayRequest, playAlone, type Stage } from './play.ts'
import { stageOf } from './prove.ts'
import { type Sample, sample, seedOf } from './sample.ts'
import { ensureSite } from './site.ts'
import { removeAtExit, sweep } from './stack.ts'
import { playTwins } from './twin.ts'
import type { Drill } from './types.ts'

const root = process.cwd()
/** For a test with the time that it waits for its turn. */
const timeout = 30 * 60_000

let free = 2
const waiting: (() => void)[] = []

/** Two stacks at a time: Vitest starts all concurrent tests of a file at once. */
async function inTurn(work: () => Promise<void>): Promise<void> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
  else free--
  try {
    await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
}

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
  return find(known) ?? context.skip(`not in the sample of the seed ${seed}`)
}

beforeAll(async () => {
  console.log(`The sample of the drills is drawn by DRILL_SEED=${seed}`)
  removeAtExit(root)
  await sweep(root)
  await ensureSite(root)
}, 300_000)

afterAll(() => sweep(root))

onRegistered((drill, added) => {
  if ('twin' in added) {
    test.concurrent(`${drill.runbook}: ${added.twin.twin}`, { timeout }, (context) => {
      const twin = sampled(drill, context, ({ twins }) => twins.find((one) => one === added.twin))
      return inTurn(async () => {
        await playTwins(drill, [twin], await stage(drill.runbook), ({ result, message }) => {
          if (result === 'failed') throw new Error(message)
        })
      })
    })
    return
  }
  for (const name of plays({ ...drill, scenarios: [added.scenario] }).map(nameOf)) {
    test.concurrent(`${drill.runbook}: ${name}`, { timeout }, (context) => {
      const request = sampled(drill, context, ({ requests }) => requests.find((one) => nameOf(one) === name))
      return inTurn(async () => {
        const { play } = await playAlone(drill, request, await stage(drill.runbook))
        if (play.result === 'failed') throw new Error(play.reason)
      })
    })
  }
})

function nameOf({ scenario, phase, rendition }: PlayRequest): string {
  return [scenario.scenario, phase?.name, rendition].filter(Boolean).join(', ')
}
