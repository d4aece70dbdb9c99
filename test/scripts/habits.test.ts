/** That the checks which guard the project's habits can fail. */
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { folderForEachTest } from '../support/folder.ts'

// Most of these start programs, and other tests have the machine, too.
vi.setConfig({ testTimeout: 120_000 })

const root = join(import.meta.dirname, '../..')
let work: string
folderForEachTest('habits', (path) => {
  work = path
})

const bin = (name: string) => join(root, 'node_modules/.bin', name)
const run = (name: string, args: string[], options: { cwd?: string; input?: string } = {}) =>
  execa(bin(name), args, { cwd: root, reject: false, all: true, ...options })

describe('commit messages', () => {
  test('of the form “fix(drill): …” are taken', async () => {
    expect(await run('commitlint', [], { input: 'fix(drill): PostgreSQL starts' })).toMatchObject({
      exitCode: 0,
    })
  })

  test.each(['changed things', `fix: ${'x'.repeat(100)}`])('“%s” is not', async (input) => {
    expect(await run('commitlint', [], { input })).toMatchObject({ exitCode: 1 })
  })
})

test('a secret in a file is found', async () => {
  writeFileSync(join(work, '.secretlintrc.json'), readFileSync(join(root, '.secretlintrc.json')))
  // Put together here, or this file would be found.
  writeFileSync(join(work, 'a.env'), `GITHUB_TOKEN=${'ghp_'}${'a1B2'.repeat(9)}\n`)
  const { exitCode, all } = await run('secretlint', ['**/*'], { cwd: work })
  expect(exitCode).toBe(1)
  expect(all).toContain('a.env')
})

test('copied code is found', async () => {
  const code = readFileSync(join(root, 'src/evidence/store.ts'), 'utf8')
  for (const name of ['a', 'b']) writeFileSync(join(work, `${name}.ts`), code)
  const config = JSON.parse(readFileSync(join(root, '.jscpd.json'), 'utf8'))
  writeFileSync(join(work, '.jscpd.json'), JSON.stringify({ ...config, path: ['.'] }))
  const { exitCode, all } = await run('jscpd', [], { cwd: work })
  expect(exitCode).toBe(1)
  expect(all).toContain('Clone found')
})

test('imports in a circle are found', async () => {
  const { linter } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  writeFileSync(join(work, 'biome.json'), JSON.stringify({ linter }))
  writeFileSync(join(work, 'a.ts'), "import { b } from './b.ts'\n\nexport const a = () => b\n")
  writeFileSync(join(work, 'b.ts'), "import { a } from './a.ts'\n\nexport const b = () => a\n")
  const { exitCode, all } = await run('biome', ['lint', '--colors=off', '.'], { cwd: work })
  expect(exitCode).toBe(1)
  expect(all).toContain('noImportCycles')
})

describe('hooks', () => {
  const git = (...args: string[]) => {
    // Nothing of this checkout's own git, and the hooks' programs are found.
    const env = {
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
      HOME: work,
      LEFTHOOK: '1',
    }
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@b']
    return execa('git', [...who, ...args], { cwd: work, reject: false, all: true, extendEnv: false, env })
  }

  async function repository() {
    await git('init', '--quiet')
    for (const file of [
      'lefthook.yml',
      'commitlint.config.js',
      'biome.json',
      '.secretlintrc.json',
      'package.json',
      '.gitignore',
    ])
      cpSync(join(root, file), join(work, file))
    symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'))
    writeFileSync(join(work, '.gitignore'), 'node_modules\n')
    expect(await run('lefthook', ['install'], { cwd: work })).toMatchObject({ exitCode: 0 })
  }

  test('refuse a message that says nothing, and take a good one', async () => {
    await repository()
    const bad = await git('commit', '--allow-empty', '--message', 'changed things')
    expect(bad.exitCode).toBe(1)
    expect(bad.all).toContain('type may not be empty')
    expect(await git('commit', '--allow-empty', '--message', 'fix: a thing')).toMatchObject({ exitCode: 0 })
  })

  test('format what is staged, and look for mistakes in it', async () => {
    await repository()
    writeFileSync(join(work, 'a.json'), '{"a":   1}')
    await git('add', 'a.json')
    expect(await git('commit', '--message', 'feat: a')).toMatchObject({ exitCode: 0 })
    expect((await git('show', 'HEAD:a.json')).stdout).toBe('{ "a": 1 }')
    writeFileSync(join(work, 'b.js'), 'if ((a = 1)) debugger\n')
    await git('add', 'b.js')
    const bad = await git('commit', '--message', 'feat: b')
    expect(bad.exitCode).toBe(1)
    expect(bad.all).toContain('noDebugger')
  })

  test('nothing is set up by installing packages', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const name of ['prepare', 'preinstall', 'install', 'postinstall'])
      expect(scripts).not.toHaveProperty(name)
    expect(parse(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')).allowBuilds.lefthook).toBe(false)
  })
})

test('forms and settings can be read', () => {
  const folder = join(root, '.github/ISSUE_TEMPLATE')
  for (const file of readdirSync(folder).filter((each) => each !== 'config.yml')) {
    const form = parse(readFileSync(join(folder, file), 'utf8'))
    expect(form).toMatchObject({
      name: expect.any(String),
      description: expect.any(String),
      body: expect.any(Array),
    })
    const ids = form.body.map(({ id }: { id: string }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  }
  for (const file of ['.devcontainer/devcontainer.json', '.vscode/settings.json', '.vscode/extensions.json'])
    expect(JSON.parse(readFileSync(join(root, file), 'utf8'))).toBeTruthy()
  const owned = readFileSync(join(root, '.github/CODEOWNERS.example'), 'utf8').match(/^\/[\w./-]+/gm) ?? []
  for (const path of owned) expect(readdirSync(join(root, path)).length).toBeGreaterThan(0)
})
