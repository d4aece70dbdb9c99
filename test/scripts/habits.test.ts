/** That the checks which guard the project's habits can fail. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let work: string
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'drillbook-habits-'))
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

const bin = (name: string) => join(root, 'node_modules/.bin', name)
const run = (name: string, args: string[], options: { cwd?: string; input?: string } = {}) =>
  execa(bin(name), args, { cwd: root, reject: false, all: true, ...options })

describe('commit messages', () => {
  test.each(['feat(stack): a new service', 'fix: PostgreSQL starts', 'chore(evidence): drilled restore'])(
    '“%s” is taken',
    async (input) => {
      expect(await run('commitlint', [], { input })).toMatchObject({ exitCode: 0 })
    },
  )

  test.each(['changed things', 'feature: x', 'fix(run):', `fix: ${'x'.repeat(100)}`])(
    '“%s” is not',
    async (input) => {
      expect(await run('commitlint', [], { input })).toMatchObject({ exitCode: 1 })
    },
  )
})

test('a secret in a file is found', async () => {
  writeFileSync(join(work, '.secretlintrc.json'), readFileSync(join(root, '.secretlintrc.json')))
  // Put together here, or this file would be found.
  writeFileSync(join(work, 'a.env'), `GITHUB_TOKEN=${'ghp_'}${'a1B2'.repeat(9)}\n`)
  const { exitCode, all } = await run('secretlint', ['**/*'], { cwd: work })
  expect(exitCode).toBe(1)
  expect(all).toContain('a.env')
})
