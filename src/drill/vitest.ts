/**
 * Makes a Vitest test of every scenario, rendition and twin. Nothing is written: a test run must not change the
 * checkout. `pnpm drill` writes evidence.
 */
import { afterAll, beforeAll, test } from 'vitest'
import { onRegistered } from './collector.ts'
import { plays } from './plan.ts'
import { playAlone, type Stage } from './play.ts'
import { stageOf } from './prove.ts'
import { ensureSite } from './site.ts'
import { removeAtExit, sweep } from './stack.ts'
import { playTwins } from './twin.ts'

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

beforeAll(async () => {
  removeAtExit(root)
  await sweep(root)
  await ensureSite(root)
}, 300_000)

afterAll(() => sweep(root))

onRegistered((drill, added) => {
  if ('twin' in added) {
    test.concurrent(`${drill.runbook}: ${added.twin.twin}`, { timeout }, () =>
      inTurn(async () => {
        await playTwins(drill, [added.twin], await stage(drill.runbook), ({ result, message }) => {
          if (result === 'failed') throw new Error(message)
        })
      }),
    )
    return
  }
  for (const request of plays({ ...drill, scenarios: [added.scenario] })) {
    const name = [added.scenario.scenario, request.phase?.name, request.rendition].filter(Boolean).join(', ')
    test.concurrent(`${drill.runbook}: ${name}`, { timeout }, () =>
      inTurn(async () => {
        const { play } = await playAlone(drill, request, await stage(drill.runbook))
        if (play.result === 'failed') throw new Error(play.reason)
      }),
    )
  }
})
