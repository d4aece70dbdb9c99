import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { accessFrom, github } from '../../scripts/github/client.ts'
import { writeComment } from '../../scripts/github/comment.ts'
import { body, failedAgain } from '../../scripts/verify/issue-text.ts'
import { LABEL, main, verdicts } from '../../scripts/verify/issues.ts'
import { type Outcome, writeOutcome } from '../../scripts/verify/outcome.ts'
import { type Hub, startHub } from './support/github.ts'

// Most of these start programs, and other tests have the machine, too.
vi.setConfig({ testTimeout: 120_000 })

let root: string
let hub: Hub

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'drillbook-issues-'))
  mkdirSync(join(root, 'runbooks'))
  for (const name of ['backup', 'restore']) writeFileSync(join(root, `runbooks/${name}.ts`), '')
  hub = await startHub()
})

afterEach(async () => {
  rmSync(root, { recursive: true, force: true })
  await hub[Symbol.asyncDispose]()
})

const passed = (runbook: string, check: Outcome['check']): Outcome => ({
  ...{ schema: 1, runbook, check, result: 'passed', again: `pnpm drill ${runbook}`, failures: [], log: '' },
})
const failed = (runbook: string, failures: Outcome['failures']): Outcome => ({
  ...passed(runbook, 'drill'),
  ...{ result: 'failed', failures, log: 'restore: not proven in 3.1 min' },
})
const stopped = {
  what: 'A table is dropped by mistake, script',
  step: 'Start the database',
  reason: 'The runbook stopped: exit code 1',
  output: 'pg_ctl: could not start server',
  journal: '20261121T113000Z-restore-4f2a',
}

/** Runs the program as a job does: the outcomes are what the folder has. */
async function file(outcomes: Outcome[], env: Record<string, string> = {}, args: string[] = []) {
  rmSync(join(root, 'outcomes'), { recursive: true, force: true })
  for (const outcome of outcomes) writeOutcome(join(root, 'outcomes', outcome.runbook), outcome)
  mkdirSync(join(root, 'outcomes/restore/journals'), { recursive: true })
  writeFileSync(join(root, `outcomes/restore/journals/${stopped.journal}.jsonl`), '{"event":"run-start"}\n')
  const [out, error]: [string[], string[]] = [[], []]
  const said = { out: (line: string) => out.push(line), error: (line: string) => error.push(line) }
  const exitCode = await main(root, ['outcomes', ...args], { ...hub.env, ...job, ...env }, said)
  return { exitCode, stdout: out.join('\n'), stderr: error.join('\n') }
}
const job = { GITHUB_RUN_ID: '1', GITHUB_SHA: 'abcdef0123456789' }

const good = (runbook: string) => [passed(runbook, 'drill'), passed(runbook, 'mutants')]

test('a runbook that is not proven gets an issue with step, reason, output and journal', async () => {
  const { stdout, exitCode } = await file([...good('backup'), failed('restore', [stopped])])
  expect([exitCode, hub.issues.length]).toEqual([0, 1])
  const [issue] = hub.issues
  expect(issue).toMatchObject({
    state: 'open',
    title: 'The runbook “restore” is not proven',
    labels: [{ name: LABEL }],
  })
  expect(issue?.body).toContain('in the step “Start the database”')
  expect(issue?.body).toContain('The runbook stopped: exit code 1')
  expect(issue?.body).toContain('pg_ctl: could not start server')
  expect(issue?.body).toContain('Again: `pnpm drill restore`')
  expect(issue?.body).toContain('/ada/handbook/actions/runs/1')
  expect(issue?.comments).toHaveLength(1)
  expect(issue?.comments[0]?.body).toContain('Journal of 20261121T113000Z-restore-4f2a')
  expect(issue?.comments[0]?.body).toContain('{"event":"run-start"}')
  expect(hub.labels).toEqual([LABEL])
  expect(stdout).toContain('restore: opened https://github.example/ada/handbook/issues/1')
})

test('a second failure updates the issue; the same job again changes nothing', async () => {
  const outcomes = [...good('backup'), failed('restore', [stopped])]
  await file(outcomes)
  await file(outcomes)
  expect(hub.issues.map(({ comments }) => comments.length)).toEqual([1])
  const { stdout } = await file([...good('backup'), failed('restore', [{ what: 'x', reason: 'another' }])], {
    GITHUB_RUN_ID: '2',
  })
  expect(stdout).toContain('restore: updated')
  expect(hub.issues).toHaveLength(1)
  expect(hub.issues[0]?.body).toContain('another')
  expect(hub.issues[0]?.body).not.toContain('pg_ctl')
  expect(hub.issues[0]?.comments).toHaveLength(2)
})

test('it is closed when the runbook is proven, and opened again by the next failure', async () => {
  await file([...good('backup'), failed('restore', [stopped])])
  const green = [...good('backup'), ...good('restore')]
  await file(green, { GITHUB_RUN_ID: '2' })
  expect(hub.issues[0]).toMatchObject({ state: 'closed' })
  expect(hub.issues[0]?.comments.at(-1)?.body).toContain('Proven again')
  await file(green, { GITHUB_RUN_ID: '3' })
  expect(hub.issues[0]?.comments).toHaveLength(2)
  const { stdout } = await file([...good('backup'), failed('restore', [stopped])], { GITHUB_RUN_ID: '4' })
  expect(stdout).toContain('restore: opened again')
  expect(hub.issues).toHaveLength(1)
  expect(hub.issues[0]).toMatchObject({ state: 'open' })
})

test('each runbook has its own issue, found by its mark and not by its title', async () => {
  await file([failed('backup', [stopped]), failed('restore', [stopped])])
  for (const issue of hub.issues) issue.title = 'edited by somebody'
  await file([failed('backup', [stopped]), failed('restore', [stopped])], { GITHUB_RUN_ID: '2' })
  expect(hub.issues.map(({ comments }) => comments.length)).toEqual([2, 2])
})

test('it is found among more issues than GitHub lists at once', async () => {
  await file([...good('backup'), failed('restore', [stopped])])
  for (let number = 2; number <= 205; number++) {
    const other = {
      number,
      state: 'closed',
      title: 'other',
      body: '',
      labels: [{ name: LABEL }],
      html_url: '',
      comments: [],
    } as const
    hub.issues.push({ ...other, labels: [...other.labels], comments: [] })
  }
  await file([...good('backup'), failed('restore', [stopped])], { GITHUB_RUN_ID: '2' })
  expect(hub.issues).toHaveLength(205)
  expect(hub.issues[0]?.comments).toHaveLength(2)
})

test('a job that left nothing is a failure; a pull request with the label is no issue', async () => {
  const pull = {
    number: 1,
    state: 'open',
    title: 'x',
    body: '<!-- drillbook: restore -->',
    html_url: '',
  } as const
  hub.issues.push({ ...pull, labels: [{ name: LABEL }], pull_request: {}, comments: [] })
  await file([...good('backup'), passed('restore', 'drill')])
  expect(hub.issues).toHaveLength(2)
  expect(hub.issues[1]?.body).toContain('ended without a result')
})

test('it is a program that a job runs', async () => {
  const program = join(import.meta.dirname, '../../scripts/verify/issues.ts')
  writeOutcome(join(root, 'outcomes'), failed('restore', [stopped]))
  const options = { cwd: root, env: { ...hub.env, ...job }, reject: false } as const
  const { exitCode, stdout } = await execa(process.execPath, [program, 'outcomes'], options)
  expect([exitCode, hub.issues.length]).toEqual([0, 2])
  expect(stdout).toContain('failed  backup\nfailed  restore')
})

describe('the crash matrix', () => {
  test('a part that left nothing keeps issues open, and fails', async () => {
    await file([...good('backup'), failed('restore', [stopped])])
    const crash = { ...passed('restore', 'crash'), part: '1/2' }
    const { exitCode, stderr } = await file(
      [...good('backup'), ...good('restore'), crash],
      { GITHUB_RUN_ID: '2' },
      ['--shards', '2'],
    )
    expect([exitCode, hub.issues[0]?.state]).toEqual([1, 'open'])
    expect(stderr).toContain('Parts of the crash matrix left no result: 2/2')
  })

  test('all of its parts count', () => {
    const parts = ['1/2', '2/2'].map((part) => ({ ...passed('restore', 'crash'), part }))
    const judge = (outcomes: Outcome[]) =>
      verdicts(['restore'], outcomes, { shards: 2 }).verdicts.map(({ result }) => result)
    expect(judge([...good('restore'), ...parts])).toEqual(['proven'])
    const bad = { ...failed('restore', [stopped]), check: 'crash', part: '2/2' } as const
    expect(judge([...good('restore'), parts[0] as Outcome, bad])).toEqual(['failed'])
  })
})

describe('an error says what to do', () => {
  test.each([
    [/^POST \/issues$/, 403, 'Resource not accessible by integration', 'issues: write'],
    [/^GET \/issues$/, 410, 'Issues are disabled for this repo', 'Issues are switched off'],
    [/^POST \/issues$/, 502, 'Bad Gateway', 'Run it again: nothing is filed twice.'],
    [/^POST \/labels$/, 404, 'Not Found', 'GITHUB_REPOSITORY'],
  ])('%s %s', async (match, status, message, advice) => {
    hub.refuse(match, status, message)
    const { exitCode, stderr } = await file([...good('backup'), failed('restore', [stopped])])
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`${status} ${message}`)
    expect(stderr).toContain(advice)
    expect(stderr).not.toContain('secret-token')
    expect(stderr).not.toContain('    at ')
  })

  test('of a limit, of a wrong token, of no connection', async () => {
    const outcomes = [...good('backup'), failed('restore', [stopped])]
    expect((await file(outcomes, { GITHUB_TOKEN: 'wrong' })).stderr).toContain('401 Bad credentials')
    expect((await file(outcomes, { GITHUB_API_URL: 'http://127.0.0.1:1' })).stderr).toContain('no connection')
    hub.refuse(/^GET \/issues$/, 403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0' })
    expect((await file(outcomes)).stderr).toContain('Too many requests: run it again later.')
  })

  test('one issue that cannot be filed does not keep back the other', async () => {
    await file([failed('backup', [stopped]), failed('restore', [stopped])])
    hub.refuse(/^PATCH \/issues\/1$/, 500, 'oops')
    const { exitCode, stderr } = await file([failed('backup', [stopped]), failed('restore', [stopped])], {
      GITHUB_RUN_ID: '2',
    })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^backup: GitHub did not change the issue #1/)
    expect(hub.issues.map(({ comments }) => comments.length)).toEqual([1, 2])
  })

  test('of missing variables, all at once', () => {
    expect(() => accessFrom({})).toThrow(/GITHUB_REPOSITORY.*\n.*GITHUB_TOKEN/)
  })
})

test('output can neither write Markdown nor mention anybody nor be too long', () => {
  const nasty = { what: 'a @team <b>x</b>', reason: '```\n</details> # no', output: '````' }
  const log = `${'x'.repeat(99)}\n`.repeat(2000)
  const report = {
    runbook: 'restore',
    failed: [{ ...failed('restore', [nasty]), log }],
    url: 'u',
    commit: 'c',
  }
  const text = body(report)
  expect(text).not.toMatch(/(?<!\u200b|\w)@team/)
  expect(text).toContain('  ````\n  ```\n  </details> # no\n  ````')
  expect(text.length).toBeLessThan(65_536)
  const journals = [1, 2, 3, 4].map((run) => ({ run: String(run), text: log }))
  expect(failedAgain(report, '1.1', journals).length).toBeLessThan(65_536)
})

test('a comment on a pull request is written once, and again when it changes', async () => {
  hub.issues.push({ number: 7, state: 'open', title: 'x', body: '', labels: [], html_url: '', comments: [] })
  const api = github(accessFrom(hub.env))
  const write = (text: string) => writeComment(api, 7, 'preview', text)
  expect([await write('one'), await write('one'), await write('two')]).toEqual([
    'written',
    'nothing has changed',
    'written again',
  ])
  expect(hub.issues[0]?.comments.map(({ body: text }) => text)).toEqual([
    '<!-- drillbook-comment: preview -->\n\ntwo',
  ])
})
