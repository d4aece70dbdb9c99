/** The jobs of the weekly verification, with a stand-in for the drill itself. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { execa, execaSync } from 'execa'
import { describe, expect, test, vi } from 'vitest'
import { verifyCrashes } from '../../scripts/verify/crash.ts'
import { type Run, verifyRunbook } from '../../scripts/verify/drill.ts'
import { readOutcomes, writeOutcome } from '../../scripts/verify/outcome.ts'
import { notification, post } from '../../scripts/verify/tell.ts'
import type { Evidence } from '../../src/evidence/schema.ts'
import { writeEvidence } from '../../src/evidence/store.ts'
import { folderForEachTest } from '../support/folder.ts'

// Most of these start programs, and other tests have the machine, too.
vi.setConfig({ testTimeout: 120_000 })

const checkout = join(import.meta.dirname, '../..')
let root: string
folderForEachTest('verify', (path) => {
  root = path
})

const write = (file: string, text: string) => {
  mkdirSync(join(root, file, '..'), { recursive: true })
  writeFileSync(join(root, file), text)
}
const outcomes = () => readOutcomes(join(root, 'out'))

describe('the job of a runbook', () => {
  const steps = [
    { title: 'Stop the application', slug: 'stop', seconds: 1.5, output: 'Stopped\n' },
    { title: 'Restore the files', slug: 'restore', seconds: 2.25, output: 'ERROR: [055]\n' },
  ]
  const nothing = { rto: null, rpo: null, discarded: null, rows: null, objects: null, databaseBytes: null }
  const evidence = (result: 'passed' | 'failed'): Omit<Evidence, 'seal'> => ({
    ...{
      schema: 1,
      runbook: 'restore',
      fingerprint: 'f',
      result,
      commit: null,
      finished: new Date().toISOString(),
    },
    ...{ machine: { cpus: 2, memoryBytes: 1, platform: 'linux' }, versions: {}, images: {} },
    plays: [
      {
        ...{ scenario: 'A table is dropped', rendition: 'script', result, ...nothing, steps },
        ...(result === 'failed' ? { reason: 'The runbook stopped: exit code 55' } : {}),
      },
    ],
    twins: [{ scenario: 'A wrong key', result: 'passed', message: 'no' }],
    ...{ run: '', journal: '' },
  })
  const journal = (seconds: number[]) =>
    seconds
      .map(
        (value, index) =>
          `${JSON.stringify({ event: 'step-end', step: steps[index]?.slug, seconds: value })}\n`,
      )
      .join('')

  /** A drill that leaves this behind. */
  const drills =
    (result: 'passed' | 'failed', mutants = { exitCode: 0, all: 'all caught' }): Run =>
    async (_, args) => {
      if (args.includes('--mutants')) return mutants
      writeEvidence(root, evidence(result))
      write('.drillbook/runs/20261121T100000Z-restore-aaaa.jsonl', journal([1.5, 2.25]))
      write('.drillbook/runs/20261121T100000Z-restore-bbbb.jsonl', journal([1.5, 9]))
      return { exitCode: result === 'passed' ? 0 : 1, all: '\u001b[31m✗\u001b[39m A table is dropped' }
    }
  const verify = (run: Run) => verifyRunbook({ root, runbook: 'restore', to: join(root, 'out'), run })

  test('drill and mutants passed', async () => {
    expect(await verify(drills('passed'))).toBe(true)
    expect(outcomes().map(({ check, result }) => [check, result])).toEqual([
      ['drill', 'passed'],
      ['mutants', 'passed'],
    ])
  })

  test('of a failed drill: step, output, and the journal of the play that failed, not of a twin', async () => {
    expect(await verify(drills('failed'))).toBe(false)
    const [outcome, more] = outcomes()
    expect(more).toBeUndefined()
    expect(outcome?.failures).toEqual([
      {
        what: 'A table is dropped, script',
        reason: 'The runbook stopped: exit code 55',
        step: 'Restore the files',
        output: 'ERROR: [055]',
        journal: '20261121T100000Z-restore-aaaa',
      },
    ])
    expect(outcome?.log).toBe('✗ A table is dropped')
    expect(existsSync(join(root, 'out/journals/20261121T100000Z-restore-aaaa.jsonl'))).toBe(true)
    expect(existsSync(join(root, 'out/journals/20261121T100000Z-restore-bbbb.jsonl'))).toBe(false)
  })

  test('a drill that says it passed and wrote no evidence has failed', async () => {
    writeEvidence(root, evidence('passed'))
    expect(await verify(async () => ({ exitCode: 0, all: '' }))).toBe(false)
    expect(outcomes()[0]).toMatchObject({ result: 'failed', failures: [{ what: 'the drill itself' }] })
  })

  test('a mutant that survives is named', async () => {
    const all =
      '✓ caught    runbooks/restore.ts:4  a\n✗ SURVIVES  runbooks/restore.ts:9  docker compose stop app\n'
    expect(await verify(drills('passed', { exitCode: 1, all }))).toBe(false)
    expect(outcomes()[1]?.failures[0]?.what).toBe('without runbooks/restore.ts:9  docker compose stop app')
  })

  test('a mutant that could not be tried is named, and why', async () => {
    const all = '✗ NOT TRIED runbooks/restore.ts:9  docker compose stop app\n            no stack\n'
    expect(await verify(drills('passed', { exitCode: 1, all }))).toBe(false)
    expect(outcomes()[1]?.failures).toEqual([
      {
        what: 'without runbooks/restore.ts:9  docker compose stop app',
        reason: 'The drill did not come as far as the runbook.',
      },
    ])
  })
})

describe('the job of a part of the crash matrix', () => {
  const cell = (runbook: string, result: string, reason?: string) => ({
    cell: { runbook, point: { moment: 'before', step: 'stop', command: 1 }, where: 'here', answer: 'again' },
    ...{ scenario: 'A table is dropped', result, ...(reason ? { reason } : {}) },
  })
  const shard = (cells: object[], exitCode: number) =>
    verifyCrashes({
      ...{ root, part: '2/8', seed: '7', to: join(root, 'out') },
      run: async () => {
        if (cells.length > 0) write('.drillbook/crash.json', JSON.stringify({ cells }))
        return { exitCode, all: 'said' }
      },
    })

  test('each runbook has its own outcome', async () => {
    expect(await shard([cell('backup', 'passed'), cell('restore', 'failed', 'a row is missing')], 1)).toBe(
      false,
    )
    expect(outcomes()).toMatchObject([
      { runbook: 'backup', part: '2/8', result: 'passed', log: '' },
      {
        runbook: 'restore',
        part: '2/8',
        result: 'failed',
        failures: [{ reason: 'a row is missing', step: 'stop' }],
      },
    ])
    expect(outcomes()[1]?.again).toBe('pnpm test:crash --runbook restore --seed 7')
  })

  test('one that wrote nothing has no outcome, also if an older one lies there', async () => {
    write('.drillbook/crash.json', JSON.stringify({ cells: [cell('backup', 'passed')] }))
    expect(await shard([], 0)).toBe(false)
    expect(existsSync(join(root, 'out'))).toBe(false)
  })
})

test('a file that is no outcome is named', () => {
  write('out/restore.drill.json', '{"schema":1}')
  expect(() => outcomes()).toThrow(/restore\.drill\.json is not an outcome/)
})

describe('the webhook', () => {
  const verdict = (runbook: string, result: 'proven' | 'failed') => ({ runbook, result, failed: [] })
  const news = notification(
    [verdict('backup', 'proven'), verdict('restore', 'failed')],
    'https://x/1',
    new Date(0),
  )

  test('is told in one line and in fields', async () => {
    expect(news.text).toBe('Not proven: restore. Proven: 1 of 2. https://x/1')
    const got: unknown[] = []
    const server = createServer(async (request, response) => {
      got.push(await json(request))
      response.writeHead(request.url === '/moved' ? 302 : 204, { location: '/' }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await post(`${url}/hook`, news)
    expect(got).toEqual([news])
    await expect(post(`${url}/moved`, news)).rejects.toThrow('HTTP 302')
    server.close()
    server.closeAllConnections()
  })

  test('its address is in no error', async () => {
    await expect(post('http://127.0.0.1:1/secret', news)).rejects.toThrow(
      /^The webhook could not be reached: no connection\.$/,
    )
    await expect(post('ftp://secret', news)).rejects.toThrow(/^NOTIFY_WEBHOOK is no address[^/]*$/)
  })

  test('without one, nobody is told', async () => {
    const program = join(checkout, 'scripts/verify/tell.ts')
    const { stdout, exitCode } = await execa(process.execPath, [program, root], {
      cwd: root,
      env: { NOTIFY_WEBHOOK: '' },
    })
    expect([exitCode, stdout]).toEqual([0, 'NOTIFY_WEBHOOK is not set: nobody is told.'])
  })
})

describe('the evidence is committed', () => {
  const git = (cwd: string, ...args: string[]) =>
    execaSync(
      'git',
      ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'core.hooksPath=/dev/null', ...args],
      { cwd },
    )

  function clones() {
    const bare = join(root, 'bare.git')
    git(root, 'init', '--quiet', '--bare', '--initial-branch=main', bare)
    const [one, two] = ['one', 'two'].map((name) => join(root, name)) as [string, string]
    git(root, 'clone', '--quiet', bare, one)
    mkdirSync(join(one, 'scripts/verify'), { recursive: true })
    mkdirSync(join(one, 'evidence'))
    writeFileSync(
      join(one, 'scripts/verify/commit-evidence'),
      readFileSync(join(checkout, 'scripts/verify/commit-evidence')),
      { mode: 0o755 },
    )
    writeFileSync(join(one, 'evidence/restore.json'), '{"old":true}\n')
    git(one, 'add', '--all')
    git(one, 'commit', '--quiet', '--message', 'first')
    git(one, 'push', '--quiet', 'origin', 'HEAD:main')
    git(root, 'clone', '--quiet', bare, two)
    return { bare, one, two }
  }
  const run = (cwd: string) =>
    execaSync('sh', ['scripts/verify/commit-evidence'], {
      cwd,
      reject: false,
      all: true,
      env: { COMMIT_EVIDENCE_PAUSE: '0' },
    })

  test('with the names of the runbooks, and nothing else', () => {
    const { bare, one } = clones()
    expect(run(one).all).toBe('The evidence has not changed.')
    writeFileSync(join(one, 'evidence/restore.json'), '{}\n')
    writeFileSync(join(one, 'evidence/backup.json'), '{}\n')
    writeFileSync(join(one, 'other'), 'x')
    expect(run(one).all).toBe('Committed and pushed: backup restore')
    expect(git(bare, 'log', '-1', '--format=%s', '--name-only').stdout.split('\n').filter(Boolean)).toEqual([
      'chore(evidence): drilled backup restore',
      'evidence/backup.json',
      'evidence/restore.json',
    ])
  })

  test('on top of what somebody else pushed meanwhile; the newer drill wins', () => {
    const { bare, one, two } = clones()
    writeFileSync(join(two, 'README.md'), 'x')
    writeFileSync(join(two, 'evidence/restore.json'), '{"theirs":true}\n')
    git(two, 'add', '--all')
    git(two, 'commit', '--quiet', '--message', 'theirs')
    git(two, 'push', '--quiet', 'origin', 'HEAD:main')
    writeFileSync(join(one, 'evidence/restore.json'), '{"ours":true}\n')
    expect(run(one)).toMatchObject({ exitCode: 0 })
    expect(git(bare, 'show', 'main:evidence/restore.json').stdout).toBe('{"ours":true}')
    expect(git(bare, 'show', 'main:README.md').stdout).toBe('x')
  })

  test('a remote that does not take it is an error that says so', () => {
    const { bare, one } = clones()
    writeFileSync(join(bare, 'hooks/pre-receive'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    writeFileSync(join(one, 'evidence/restore.json'), '{}\n')
    const { exitCode, all } = run(one)
    expect(exitCode).toBe(1)
    expect(all).toContain('May this job push to main')
  })
})

test('an outcome is written and read back', () => {
  const outcome = {
    runbook: 'restore',
    check: 'crash',
    part: '1/2',
    result: 'passed',
    again: 'x',
    failures: [],
    log: '',
  } as const
  writeOutcome(join(root, 'out/a'), { ...outcome, failures: [] })
  expect(outcomes()).toEqual([{ schema: 1, ...outcome }])
})
