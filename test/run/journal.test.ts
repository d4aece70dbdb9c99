import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openLocalJournal, stamp } from '../../src/run/journal.ts'
import type { Event } from '../../src/run/journal-schema.ts'
import { progress } from '../../src/run/progress.ts'
import { parseJournal } from '../../src/run/read-journal.ts'
import { compareCopies } from '../../src/run/target-journal.ts'
import { folderForEachTest } from '../support/folder.ts'

let folder: string
folderForEachTest('journal', (path) => {
  folder = path
})

const plan = ['a', 'b', 'c'].map((slug) => ({
  type: 'step' as const,
  slug,
  title: slug.toUpperCase(),
  digest: slug,
}))
const events: Event[] = [
  stamp({
    ...{
      event: 'run-start',
      who: 'ada@laptop',
      host: 'laptop',
      pid: 1,
      run: 'r',
      runbook: 'try',
      title: 'Try',
    },
    ...{ environment: 'sandbox', params: {}, secrets: [], plan, commit: null },
  }),
  stamp({ event: 'step-start', step: 'a', title: 'A' }),
  stamp({ event: 'command-start', step: 'a', command: 'echo ä', purpose: 'run' }),
  stamp({ event: 'command-running', step: 'a', pid: 12 }),
  stamp({
    ...{
      event: 'command-end',
      step: 'a',
      command: 'echo ä',
      purpose: 'run',
      exit: 0,
      signal: null,
      seconds: 0.1,
    },
    ...{ output: 'ä\n', truncated: false },
  }),
  stamp({ event: 'step-end', step: 'a', result: 'done', seconds: 0.2, value: 'ä' }),
  stamp({ event: 'step-start', step: 'b', title: 'B' }),
  stamp({ event: 'step-end', step: 'b', result: 'failed', seconds: 0.2, error: 'no' }),
]
const text = events.map((event) => `${JSON.stringify(event)}\n`).join('')

test('cut at any byte it can be read, and no finished step is forgotten', () => {
  const bytes = Buffer.from(text)
  const end = Buffer.byteLength(text.slice(0, text.indexOf('\n', text.indexOf('"step-end"')) + 1))
  for (let length = 0; length <= bytes.length; length++) {
    const state = progress(parseJournal(bytes.subarray(0, length).toString('utf8'), 'x.jsonl'))
    expect(state?.finished.has('a') ?? false).toBe(length >= end)
    expect(state?.finished.has('b') ?? false).toBe(false)
  }
})

test('a line in the middle that is no event is named, not skipped', () => {
  const broken = text.replace('"step-start"', '"step-begin"')
  expect(() => parseJournal(broken, 'x.jsonl')).toThrow('x.jsonl:2 is not an event of a run.')
})

test('a torn last line is cut off before the next one is written', async () => {
  const file = join(folder, 'r.jsonl')
  writeFileSync(file, '{"whole":1}\n')
  appendFileSync(file, '{"tor')
  const sink = openLocalJournal(file)
  await sink.append('{"next":1}')
  await sink.close()
  expect(readFileSync(file, 'utf8')).toBe('{"whole":1}\n{"next":1}\n')
})

test('a full disk is a clear stop', async () => {
  const sink = openLocalJournal('/dev/full')
  await expect(sink.append('{}')).rejects.toThrow('The journal cannot be written (ENOSPC): /dev/full')
})

describe('two copies of a journal', () => {
  test('the shorter one lacks the end of the longer one', () => {
    expect(compareCopies(['a', 'b'], ['a', 'b', 'c'])).toEqual({ missingHere: ['c'], missingThere: [] })
    expect(compareCopies(['a', 'b'], [])).toEqual({ missingHere: [], missingThere: ['a', 'b'] })
  })
  test('that differ before that contradict each other', () => {
    expect(compareCopies(['a', 'x'], ['a', 'b', 'c'])).toBeUndefined()
  })
})
