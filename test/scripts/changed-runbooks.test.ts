import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { changedRunbooks } from '../../scripts/changed-runbooks.ts'
import { fingerprint } from '../../src/evidence/fingerprint.ts'
import { writeEvidence } from '../../src/evidence/store.ts'
import { readRunbook } from '../../src/runbook/library.ts'
import { evidenceOf, lampRunbook } from '../site/support/project.ts'

// Most of these start programs, and other tests have the machine, too.
vi.setConfig({ testTimeout: 120_000 })

let root: string

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'drillbook-changed-'))
  mkdirSync(join(root, 'runbooks'))
  mkdirSync(join(root, 'stack'))
  writeFileSync(join(root, 'stack/compose.yaml'), 'services: {}\n')
  for (const name of ['lamp', 'torch']) {
    writeFileSync(join(root, `runbooks/${name}.ts`), lampRunbook(`Light the ${name}`))
    await prove(name)
  }
  git('init', '--quiet', '--initial-branch=main')
  commit('first')
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const git = (...args: string[]) =>
  execaSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'core.hooksPath=/dev/null', ...args], {
    cwd: root,
  })
const commit = (message: string) => {
  git('add', '--all')
  git('commit', '--quiet', '--message', message)
}
const change = (name: string) =>
  writeFileSync(join(root, `runbooks/${name}.ts`), lampRunbook(`Light the ${name}`, 'turn on --now'))

async function prove(name: string) {
  const document = await readRunbook(root, name)
  writeEvidence(root, evidenceOf(document, fingerprint(root, document)))
}

test('nothing is to be drilled while everything is as it was proven', async () => {
  expect(await changedRunbooks(root)).toEqual([])
  expect(await changedRunbooks(root, { since: 'main' })).toEqual([])
  expect(await changedRunbooks(root, { all: true })).toEqual(['lamp', 'torch'])
})

test('a changed command concerns its runbook; a changed stack concerns all', async () => {
  change('lamp')
  expect(await changedRunbooks(root)).toEqual(['lamp'])
  writeFileSync(join(root, 'stack/compose.yaml'), 'services: { app: {} }\n')
  expect(await changedRunbooks(root)).toEqual(['lamp', 'torch'])
})

test('a change that brings its own evidence is drilled all the same, by comparison with the base', async () => {
  git('switch', '--quiet', '--create', 'change')
  change('lamp')
  await prove('lamp')
  commit('change')
  expect(await changedRunbooks(root)).toEqual([])
  expect(await changedRunbooks(root, { since: 'main' })).toEqual(['lamp'])
})

test('evidence that failed, was edited or is missing proves nothing', async () => {
  const file = join(root, 'evidence/lamp.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('14.2', '4.2'))
  rmSync(join(root, 'evidence/torch.json'))
  expect(await changedRunbooks(root)).toEqual(['lamp', 'torch'])
})

test('a commit that is not in the clone is an error, not “nothing has changed”', async () => {
  await expect(changedRunbooks(root, { since: 'origin/main' })).rejects.toThrow(
    'There is no commit “origin/main”',
  )
  await expect(changedRunbooks(root, { since: '--help' })).rejects.toThrow('There is no commit')
})

test('as a program it prints one a line, or JSON for a matrix', () => {
  change('lamp')
  cpSync(join(import.meta.dirname, '../../environments/sandbox.env'), join(root, 'environments/sandbox.env'))
  const program = join(import.meta.dirname, '../../scripts/changed-runbooks.ts')
  const run = (...args: string[]) =>
    execaSync(process.execPath, [program, ...args], { cwd: root, reject: false })
  expect(run('--json').stdout).toBe('["lamp"]')
  expect(run('--since', 'nothing')).toMatchObject({ exitCode: 1, stdout: '' })
})

test('a check names evidence about an earlier version; only a release is refused for it', async () => {
  const check = (...args: string[]) => {
    const main = join(import.meta.dirname, '../../src/evidence/main.ts')
    const { exitCode, stdout } = execaSync(process.execPath, [main, 'check', ...args], {
      cwd: root,
      reject: false,
    })
    return [exitCode, stdout.split('\n').map((line) => line.split(':')[0])]
  }
  change('lamp')
  expect(check()).toEqual([1, ['stale    lamp', 'proven   torch']])
  expect(check('--allow-stale')).toEqual([0, ['stale    lamp', 'proven   torch']])
  rmSync(join(root, 'evidence/torch.json'))
  expect(check('--allow-stale')).toEqual([1, ['stale    lamp', 'missing  torch']])
})
