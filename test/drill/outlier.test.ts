import { expect, test } from 'vitest'
import { type Judged, medianOfThree } from '../../src/drill/outlier.ts'
import type { Play } from '../../src/evidence/schema.ts'

const passed = (): Judged => ({ play: { result: 'passed' } as Play })
const failed = (reason: string): Judged => ({ play: { result: 'failed', reason } as Play })
const slow = (ms: number): Judged => ({ ...failed(`${ms} ms`), outlier: `${ms} ms.` })

/** What comes of plays that end like these, and how many were played. */
async function judged(...results: Judged[]) {
  const left = [...results]
  const { play } = await medianOfThree(async () => left.shift() ?? expect.unreachable('a fourth play'))
  return { ...play, plays: results.length - left.length }
}

test('a play that passes is played once', async () => {
  expect(await judged(passed(), slow(900))).toEqual({ result: 'passed', plays: 1 })
})

test('one measurement of three may be beyond its limit, and is kept', async () => {
  expect(await judged(slow(900), passed(), passed())).toEqual({
    result: 'passed',
    outlier: '900 ms.',
    plays: 3,
  })
})

test('two of three may not, and the third is not asked when two are', async () => {
  const reason = 'twice of three: 900 ms. 800 ms.'
  expect(await judged(slow(900), passed(), slow(800))).toEqual({ result: 'failed', reason, plays: 3 })
  expect(await judged(slow(900), slow(800), passed())).toEqual({ result: 'failed', reason, plays: 2 })
})

test('what is no measurement counts at once, whenever it comes', async () => {
  expect(await judged(failed('a row is gone'), passed())).toMatchObject({ reason: 'a row is gone', plays: 1 })
  expect(await judged(slow(900), failed('a row is gone'), passed())).toMatchObject({
    reason: 'a row is gone',
    plays: 2,
  })
  expect(await judged(slow(900), passed(), failed('a row is gone'))).toMatchObject({
    reason: 'a row is gone',
    plays: 3,
  })
})
