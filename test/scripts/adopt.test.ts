/** Goes the way that the page “A handbook for your system” describes, in a copy of this checkout. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa, execaSync } from 'execa'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { addressed } from '../../src/site/addressed.ts'
import { services } from '../../src/site/commands.ts'

// Most of these start programs, and other tests have the machine, too.
vi.setConfig({ testTimeout: 120_000 })

const checkout = join(import.meta.dirname, '../..')
const page = readFileSync(join(checkout, 'docs/contributing/adopting.mdx'), 'utf8')
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'drillbook-adopt-'))
  const files = execaSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: checkout,
  }).stdout.split('\n')
  for (const file of files.filter((each) => existsSync(join(checkout, each)))) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    cpSync(join(checkout, file), join(root, file))
  }
  git('init', '--quiet')
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'))
  writeFileSync(join(root, '.git/info/exclude'), 'node_modules\nbin\ntarget\n')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'fork')
  // What pnpm would do, without looking whether the packages have to be installed.
  mkdirSync(join(root, 'bin'))
  writeFileSync(
    join(root, 'bin/pnpm'),
    `#!/bin/sh\ncase $1 in exec) shift 2; exec '${process.execPath}' "$@" ;; runbook) shift; exec '${process.execPath}' src/cli/main.ts "$@" ;; esac\nexit 2\n`,
  )
  cpSync(join(checkout, 'test/cli/stub/docker'), join(root, 'bin/docker'))
  for (const name of readdirSync(join(root, 'bin'))) chmodSync(join(root, 'bin', name), 0o755)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

function git(...args: string[]) {
  return execaSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'core.hooksPath=/dev/null', ...args],
    { cwd: root },
  )
}

const sh = (command: string) =>
  execa('bash', ['-euc', command], {
    cwd: root,
    reject: false,
    all: true,
    env: { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, NO_COLOR: '1' },
  })

test('every command of the page does what it says', async () => {
  const blocks = [...page.matchAll(/```sh adopt\n([\s\S]*?)```/g)].flatMap(([, text = '']) =>
    text.trim().split('\n'),
  )
  expect(blocks).toHaveLength(4)
  const before = await listRunbooks(root)
  const said: string[] = []
  for (const block of blocks) {
    const { exitCode, all } = await sh(block)
    expect(exitCode, `${block}\n${all}`).toBe(0)
    said.push(all)
    if (block.includes('--dry-run') && block.includes('adopt'))
      expect(git('status', '--porcelain').stdout).toBe('')
  }
  expect(said[0]).toMatch(/^goes {5}restore: docker compose .*\bdb\b/m)
  expect(said[3]).toContain('docker compose restart app')
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).name).toBe('our-handbook')

  const after = await listRunbooks(root)
  expect(after).toContain('restart')
  for (const name of before.filter((each) => !after.includes(each))) {
    for (const file of [`test/drills/${name}.drill.ts`, `evidence/${name}.json`])
      expect(existsSync(join(root, file))).toBe(false)
  }
  for (const name of after) {
    const uses = addressed(await readRunbook(root, name))
    expect([uses.has('db'), uses.has('pooler')]).toEqual([false, false])
    expect(existsSync(join(root, `test/drills/${name}.drill.ts`))).toBe(true)
  }
  // The links that it names are all that there are.
  const docs = git('ls-files', 'docs')
    .stdout.split('\n')
    .filter((file) => /\.mdx?$/.test(file))
  const gone = before.filter((each) => !after.includes(each)).map((name) => `/runbooks/${name}/`)
  for (const file of docs)
    for (const link of gone)
      if (readFileSync(join(root, file), 'utf8').includes(link))
        expect(said[1]).toContain(`look at  ${file}:`)
})

test('the first runbook is played, and its drill is there', async () => {
  const { exitCode, all } = await sh('pnpm runbook restart --on sandbox')
  expect(exitCode, all).toBe(0)
  expect(readFileSync(join(root, 'target/calls'), 'utf8')).toContain('compose restart app')
  const program = `await import('./test/drills/restart.drill.ts')
    const { drillOf } = await import('./src/drill/collector.ts')
    console.log(drillOf('restart').scenarios.length, drillOf('restart').twins.length)`
  expect(
    (await execa(process.execPath, ['--input-type=module', '--eval', program], { cwd: root })).stdout,
  ).toBe('1 1')
})

test('what is not committed is not touched', async () => {
  const { exitCode, all } = await sh('pnpm exec node scripts/adopt/main.ts --without db')
  expect([exitCode, all]).toEqual([1, expect.stringContaining('has changes that are not committed')])
})

test('the workflow on the page calls the one of this repository, with inputs and rights that it has', () => {
  const caller = parse(/```yaml title="[^"]*"\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
  const called = parse(readFileSync(join(checkout, '.github/workflows/verify-handbook.yml'), 'utf8'))
  const { uses, permissions, with: inputs, secrets } = caller.jobs.verify
  expect(uses).toBe('OWNER/drillbook/.github/workflows/verify-handbook.yml@COMMIT')
  const { workflow_call } = called.on
  for (const name of Object.keys(inputs)) expect(workflow_call.inputs).toHaveProperty(name)
  for (const name of Object.keys(secrets)) expect(workflow_call.secrets).toHaveProperty(name)
  // A called workflow cannot have a right that its caller has not given.
  for (const job of Object.values(called.jobs) as { permissions?: Record<string, string> }[])
    for (const [name, level] of Object.entries(job.permissions ?? {}))
      expect(permissions[name] === 'write' || permissions[name] === level, name).toBe(true)
})

describe('the services of a command', () => {
  test.each([
    ['docker compose exec -T db psql -c x', ['db']],
    ['docker compose run --rm --no-deps -T -e A=b db pgbackrest info', ['db']],
    ['docker compose exec -T --user postgres db true', ['db']],
    ['docker compose up -d --wait --scale app=2 app proxy', ['app', 'proxy']],
    ['docker compose stop', ['*']],
    ['docker compose logs --no-log-prefix --tail 8 cache', ['cache']],
    ['docker compose exec -T db cat x | docker compose exec -T toolbox tee y', ['db', 'toolbox']],
    ['docker compose exec -T $SERVICE true', ['$SERVICE']],
    ['docker compose cp b app:/a', ['app']],
    ["printf %s 'docker' | cat", []],
  ])('%s', (text, expected) => {
    expect(services(text)).toEqual(expected)
  })

  test('of every runbook here are services of the stack', async () => {
    const stack = Object.keys(parse(readFileSync(join(checkout, 'stack/compose.yaml'), 'utf8')).services)
    for (const name of await listRunbooks(checkout))
      for (const service of addressed(await readRunbook(checkout, name)).keys())
        expect(['*', ...stack], name).toContain(service)
  })
})
