import { describe, expect, test } from 'vitest'
import { lastBad, servedAgain } from '../../src/drill/measure.ts'
import { toMilliseconds } from '../../src/drill/play.ts'

/** Asked every 100 ms and answered after 10; `x` is a bad answer. */
const samples = (answers: string) =>
  [...answers].map((answer, index) => ({
    asked: index * 100,
    answered: index * 100 + 10,
    served: answer === '.',
  }))

describe('users are served again', () => {
  test.each([
    ['at the first good answer after the last bad one', '..xxx.....', 510],
    ['not before five good answers in a row', '..xxx....', undefined],
    ['after a second outage', '..x...x.....', 710],
    ['at once, if they always were', '.....', -Infinity],
    ['not at all, without answers', '', undefined],
  ])('%s', (_, answers, at) => {
    expect(servedAgain(samples(answers))).toBe(at)
  })

  test('an answer that hung counts by when it was asked', () => {
    const hung = { asked: 50, answered: 2000, served: false }
    expect(servedAgain([...samples('xx.....'), hung])).toBe(210)
  })
})

test('who says that users are not served says when that was, and why', () => {
  const bad = { asked: 1000, answered: 3500, served: false, why: 'status 502' }
  expect(lastBad([...samples('....'), bad], 10_000)).toBe(
    'The last bad answer was 6.5 s ago, after 2.5 s: status 502',
  )
  expect(lastBad(samples('..'), 10_000)).toContain('2 answers came, all of them good')
})

test('a moment keeps its microseconds', () => {
  expect(toMilliseconds('2026-01-31 14:05:09.250123+00')).toBeCloseTo(
    Date.UTC(2026, 0, 31, 14, 5, 9) + 250.123,
    3,
  )
  expect(toMilliseconds('2026-01-31T14:05:09Z')).toBe(Date.UTC(2026, 0, 31, 14, 5, 9))
  expect(() => toMilliseconds('yesterday')).toThrow('no moment')
})
