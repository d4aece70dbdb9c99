import { expect, test } from 'vitest'
import { asciicast } from '../../src/drill/recording.ts'
import { describe as inWords, table } from '../../src/drill/table.ts'
import type { Play } from '../../src/evidence/schema.ts'

const play: Play = {
  scenario: 'It broke',
  rendition: 'script',
  result: 'passed',
  rto: 12.34,
  rpo: null,
  discarded: 3.2,
  rows: { acknowledged: 100, compared: 90, missing: 0, unexpected: 0 },
  objects: { compared: 200, different: 0 },
  databaseBytes: 1,
  steps: [{ title: 'One', slug: 'one', seconds: 9.5, output: '' }],
}

test('the table of a drill', () => {
  const failed: Play = {
    ...play,
    rendition: 'zsh',
    phase: '59 s after a switch',
    result: 'failed',
    rto: null,
    rows: { acknowledged: 100, compared: 90, missing: 2, unexpected: 1 },
    reason: 'row 7 was acknowledged and is not there',
  }
  const twin = { scenario: 'A wrong key', result: 'passed' as const, message: 'The store refuses the key.' }
  expect(`\n${table([play, failed], [twin])}\n`).toMatchInlineSnapshot(`
    "
       scenario                       rendition  RTO     RPO  discarded  rows compared  wrong  steps
    ✓  It broke                       script     12.3 s  –    3.2 s      90             0      9.5 s
    ✗  It broke, 59 s after a switch  zsh        –       –    3.2 s      90             3      9.5 s

    ✗ It broke (zsh): row 7 was acknowledged and is not there

       broken on purpose  what the operator saw
    ✓  A wrong key        The store refuses the key.
    "
  `)
})

test('a rehearsal in words', () => {
  expect(inWords(play)).toMatchInlineSnapshot(`
    "90 rows compared: 0 missing, 0 that must not be there.
    200 objects compared: 0 different.
    Users were served again 12.3 s after the disaster.
    What was written in the last 3.2 s before the disaster was discarded, as asked for."
  `)
})

test('a recording is short: pauses are cut and frames are joined', () => {
  const cast = asciicast(
    [
      [0, 'a'],
      [0.01, 'b'],
      [30, 'c'],
      [30.5, 'd'],
    ],
    'Mend it',
  )
  const [header, ...frames] = cast
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(header).toMatchObject({ version: 2, title: 'Mend it' })
  expect(frames).toEqual([
    [0, 'o', 'ab'],
    [1, 'o', 'c'],
    [1.5, 'o', 'd'],
  ])
})
