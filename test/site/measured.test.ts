import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { evidence } from '../../src/evidence/schema.ts'
import { measured } from '../../src/site/measured.ts'

const proven = evidence.parse(JSON.parse(readFileSync('evidence/backup.json', 'utf8')))
const shown = (change: object) =>
  measured({ ...proven, plays: proven.plays.map((play) => ({ ...play, ...change })) })

test('a measurement beyond its limit is shown, though the median was within it', () => {
  expect(shown({ outlier: '99 % took up to 220 ms before, and 673 ms since.' })).toContain(
    'passed two of three times; once 99 % took up to 220 ms before, and 673 ms since.',
  )
  expect(shown({})).not.toContain('two of three')
})

test('why a play failed is shown, and nothing else that it would have said', () => {
  const table = shown({ result: 'failed', reason: 'a row <is> gone', outlier: 'slow' })
  expect(table).toContain('<strong>failed</strong>: a row &lt;is&gt; gone')
  expect(table).not.toContain('slow')
})
