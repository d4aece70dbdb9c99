import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { file, page } from '../../scripts/events.ts'
import { event } from '../../src/run/journal-schema.ts'

test('the page about the events is the schema’s; `pnpm events` writes it', () => {
  expect(readFileSync(join(import.meta.dirname, '../..', file), 'utf8')).toBe(page())
})

test('every event is on it, and every field of every event', () => {
  const text = page()
  for (const { shape } of event.options) {
    expect(text).toContain(`## ${shape.event.value}\n`)
    for (const name of Object.keys(shape)) expect(text).toContain(name === 'event' ? '' : `| \`${name}\` |`)
  }
  expect(text).toContain('## output\n')
})
