import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Command } from '../../src/runbook/document.ts'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { areOneEach, readAll } from '../../src/site/read-all.ts'

const root = join(import.meta.dirname, '../..')

test('all of them, as each is read alone', async () => {
  const names = await listRunbooks(root)
  const { documents, checked } = await readAll(root)
  expect(documents).toEqual(await Promise.all(names.map((name) => readRunbook(root, name))))
  await checked
})

const command = (text: string): Command => ({
  pieces: [{ type: 'text', text }],
  position: { file: 'runbooks/a.ts', line: 1, column: 1 },
})

test('among many, the one that is not one command for a shell', async () => {
  const many = Array.from({ length: 1200 }, (_, number) => command(`echo ${number} | sort --unique > file`))
  expect(await areOneEach(many)).toBe(true)
  expect(await areOneEach(many.with(1100, command('a ; b')))).toBe(false)
  expect(await areOneEach([])).toBe(true)
})

test('one that cannot be read is told with its place', async () => {
  const project = mkdtempSync(join(tmpdir(), 'read-all-'))
  try {
    mkdirSync(join(project, 'runbooks'))
    const source = (body: string) =>
      `import { $, runbook, step } from '#runbook'\n\n/** Try */\nrunbook({ category: 'Deployment' })\n\nawait step('Try', () => ${body})\n`
    writeFileSync(join(project, 'runbooks/a.ts'), source('$`true`'))
    writeFileSync(join(project, 'runbooks/b.ts'), source('$`true; false`'))
    await expect(readAll(project)).rejects.toThrow(/runbooks\/b\.ts:6:/)
  } finally {
    rmSync(project, { recursive: true })
  }
})
