import { describe, expect, test } from 'vitest'
import { ages, limits } from '../../src/site/age.ts'
import { duration, fence, html, inSeconds, markdown, size, spelled } from '../../src/site/words.ts'

const { ageOf } = ages(limits)

test('durations are written as people say them', () => {
  const written = [0, 0.04, 3.81, 9.96, 14.23, 59.6, 60, 92, 3600, 3900].map(duration)
  expect(written).toEqual([
    '0 s',
    '0 s',
    '3.8 s',
    '10 s',
    '14 s',
    '1 min',
    '1 min',
    '1 min 32 s',
    '1 h',
    '1 h 5 min',
  ])
})

test('objectives are read and spelled', () => {
  expect(['75s', '30m', '4h', '7d'].map(inSeconds)).toEqual([75, 1800, 14_400, 604_800])
  expect(['75s', '30m', '4h', '7d'].map(spelled)).toEqual(['75 s', '30 min', '4 h', '7 d'])
  expect(() => inSeconds('soon')).toThrow("'soon' is not a duration. Write one like 75s, 30m or 4h.")
})

test('sizes', () => {
  expect([0, 999, 48_000_000, 1_100_000_000].map(size)).toEqual(['0 B', '999 B', '48 MB', '1.1 GB'])
})

test('text stays text', () => {
  expect(html(`<a href="x">'&'`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;')
  expect(markdown('a *b* [c](d)\n<e>')).toBe('a \\*b\\* \\[c\\]\\(d\\) \\<e\\>')
})

test('a fence is longer than what it holds', () => {
  expect(fence('a\n```\nb', 'sh')).toBe('````sh\na\n```\nb\n````')
})

describe('age', () => {
  const moment = new Date('2026-11-19T03:12:00Z')
  test.each([
    ['2026-11-19T03:40:00Z', 'fresh', 'less than an hour ago'],
    ['2026-11-19T04:40:00Z', 'fresh', '1 hour ago'],
    ['2026-11-20T03:12:00Z', 'fresh', '1 day ago'],
    ['2026-11-27T03:11:59Z', 'fresh', '7 days ago'],
    ['2026-11-27T03:12:00Z', 'late', '8 days ago: the weekly drill is overdue'],
    ['2026-12-04T03:12:00Z', 'overdue', '15 days ago: the weekly drill is overdue'],
    // A reader's clock that is behind.
    ['2026-11-18T00:00:00Z', 'fresh', 'less than an hour ago'],
  ])('at %s', (now, age, words) => {
    expect(ageOf(moment, new Date(now))).toEqual({ age, words })
  })
})
