/** What the view says of an environment, and of one that does not answer. The stack's own facts: test/stack/status.test.ts. */
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { containerFacts } from '../../src/cli/status/containers.ts'
import { parseFacts } from '../../src/cli/status/fact.ts'
import { runFacts } from '../../src/cli/status/operators.ts'
import { ago, statusText } from '../../src/cli/status/text.ts'
import type { Event } from '../../src/run/journal-schema.ts'
import { type Progress, progress } from '../../src/run/progress.ts'
import { type Project, project, source } from './project.ts'

const container = (Service: string, more: object = {}) => ({
  ...{ Name: `p-${Service}-1`, Service, Image: `books/${Service}:1.4.0`, State: 'running' },
  ...{ Health: 'healthy', ExitCode: 0, Status: 'Up 5 minutes (healthy)', ...more },
})
const described = {
  services: {
    app: { restart: 'unless-stopped', deploy: { replicas: 2 } },
    db: { restart: 'unless-stopped' },
    toolbox: { restart: 'unless-stopped' },
    migrate: { restart: 'no' },
  },
}
const whole = [
  container('app'),
  container('app', { Name: 'p-app-2' }),
  container('db'),
  container('toolbox'),
  container('migrate', { State: 'exited', Health: '' }),
]
const lines = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** An environment whose engine answers so. */
function environment(containers: object[] = whole, facts: object[] | string = []): Project {
  const p = project({ try: source("/** Says it. */\nawait step('Say', () => $`echo said`)") })
  p.write('target/ps', lines(containers))
  p.write('target/config', JSON.stringify(described))
  p.write('target/facts', typeof facts === 'string' ? facts : lines(facts))
  return p
}

const late = {
  ...{ group: 'Backups', name: 'newest', state: 'bad', value: '31 hours old', runbook: 'try --KIND full' },
  do: 'look at the scheduler’s log',
}

test('says in 80 columns, without colour and terminal, what is bad and what helps', async () => {
  using p = environment(undefined, [
    late,
    { group: 'Service', name: 'site', state: 'ok', value: 'the page 200', do: 'nothing', runbook: 'try' },
    { group: 'Alerts', name: 'monitoring', state: 'off', value: 'it is off' },
  ])
  const { exit, stdout, stderr } = await p.run(['status', '--on', 'production'])
  expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' })
  expect(stdout.replace(/ \d{4}-.* UTC/, ' NOW')).toMatchInlineSnapshot(`
    "production: 1 bad, 1 to look at    NOW

    Backups
      ✗ newest      31 hours old
                    → look at the scheduler’s log
                    → pnpm runbook try --KIND full --on production

    Service
      ✓ site        the page 200

    Alerts
      – monitoring  it is off

    Operators
      ✓ lock        nobody is at work

    Last runs
      – runs        nothing was played yet

    Containers
      ✓ app         2 of 2 healthy, up 5 minutes, books/app:1.4.0
      ✓ db          healthy, up 5 minutes, books/db:1.4.0
      ✓ toolbox     healthy, up 5 minutes, books/toolbox:1.4.0

    Runbooks
      ! proof       0 of 1 are proven
                    → pnpm drill NAME: try
    "
  `)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(p.read('target/calls')).not.toMatch(/guard take|journal-append/)
})

test('says the same as JSON, one fact a line', async () => {
  using p = environment(undefined, [late])
  const { exit, stdout } = await p.run(['status', '--on', 'production', '--json'])
  const facts = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(exit).toBe(1)
  expect(facts).toContainEqual({ ...late, environment: 'production', at: facts[0].at })
  expect(facts).toContainEqual(expect.objectContaining({ name: 'lock', state: 'ok' }))
})

describe('what cannot be asked is not known, and the rest is said:', () => {
  test.each<[string, (p: Project) => void, number, string[]]>([
    [
      'an engine that does not answer',
      (p) => p.write('target/away', ''),
      3,
      [
        '? engine   it does not answer: Cannot connect',
        'it cannot be reached: lock, runs, alerts',
        '0 of 1 are',
      ],
    ],
    [
      'an engine that hangs',
      (p) => p.write('target/hangs', ''),
      3,
      ['? engine   it does not answer: no answer within 15 s'],
    ],
    [
      'a toolbox that is down',
      (p) => p.write('target/ps', lines(whole.filter(({ Service }) => Service !== 'toolbox'))),
      1,
      ['✗ toolbox  there is none', 'it does not run: lock', 'up -d --wait toolbox', '✓ app'],
    ],
    ['a stack that is not there', (p) => p.write('target/ps', ''), 1, ['✗ stack', 'pnpm sandbox up']],
    [
      'a compose file that cannot be read',
      (p) => p.write('target/config', '{'),
      3,
      ['? description', '✓ app', '✓ lock'],
    ],
    [
      'a program that breaks off',
      (p) => {
        p.write('target/facts', `${JSON.stringify(late)}\nTraceback\n`)
        p.write('target/facts-exit', '4')
      },
      1,
      ['31 hours old', 'no fact: Traceback', 'exit code 4'],
    ],
  ])('%s', { timeout: 60_000 }, async (_, change, code, said) => {
    using p = environment()
    change(p)
    const { exit, stdout, stderr } = await p.run(['status'])
    expect({ exit, stderr }).toEqual({ exit: code, stderr: '' })
    for (const text of said) expect(stdout).toContain(text)
  })

  test('a stack that says no more than its containers: that is no fault', async () => {
    using p = environment()
    await p.run(['status'])
    const { exit, stdout } = await p.run(['status', '--on', 'production'], {})
    expect(exit).toBe(0)
    expect(stdout).toContain('✓ lock')
  })
})

test('another environment than the one that was named is refused', async () => {
  using p = environment()
  p.write('target/environment', 'staging\n')
  const { exit, stdout, stderr } = await p.run(['status', '--on', 'production'])
  expect({ exit, stdout }).toEqual({ exit: 3, stdout: '' })
  expect(stderr).toContain('it is «staging»')
})

test('no secret of the environment is shown, nor what would draw on the terminal', async () => {
  using p = environment(undefined, [{ ...late, value: 'token s3cr3t-s3cr3t \u001b[2J\u0007beep' }])
  p.write('environments/production.env', `${p.read('environments/production.env')}API_TOKEN=s3cr3t-s3cr3t\n`)
  const { stdout } = await p.run(['status', '--on', 'production'])
  expect(stdout).toContain('token [redacted] beep')
})

test('who is at work, and what was played last', async () => {
  using p = environment()
  expect((await p.run(['try', '--on', 'production', '--yes=production'])).exit).toBe(0)
  const since = new Date(Date.now() - 300_000).toISOString()
  p.write(
    'target/holder',
    JSON.stringify({ held: true, run: 'r-7', runbook: 'restore', who: 'ada@laptop', since }),
  )
  const { exit, stdout } = await p.run(['status', '--on', 'production'])
  expect(exit).toBe(0)
  expect(stdout).toMatch(/! lock +ada@laptop is at work: restore 5 minutes ago\n.*report r-7 --on production/)
  expect(stdout).toMatch(/✓ try +done in .*, by .* ago/)
})

describe('a service', () => {
  const factOf = (...containers: ReturnType<typeof container>[]) =>
    containerFacts(described, containers).find(({ name }) => name === containers[0]?.Service)

  test.each([
    [
      'one of two is unhealthy',
      [container('app'), container('app', { Health: 'unhealthy' })],
      'warn',
      '1 of 2 run; one is unhealthy',
    ],
    ['all are unhealthy', [container('db', { Health: 'unhealthy' })], 'bad', 'unhealthy'],
    ['it ended', [container('db', { State: 'exited', ExitCode: 137 })], 'bad', 'ended, exit code 137'],
    ['it restarts', [container('db', { State: 'restarting', Health: '' })], 'bad', 'restarting'],
    ['one of two is missing', [container('app')], 'warn', '1 of 2 healthy, up 5 minutes, books/app:1.4.0'],
    ['it starts', [container('db', { Health: 'starting' })], 'warn', 'starting, books/db:1.4.0'],
    [
      'what runs once failed',
      [container('migrate', { State: 'exited', ExitCode: 1 })],
      'bad',
      'ended with exit code 1',
    ],
  ])('%s', (_, containers, state, value) => {
    expect(factOf(...containers)).toMatchObject({ state, value })
  })

  test('what an operator runs beside it is not counted', () => {
    const beside = container('db', { Name: 'p-db-run-0123456789ab', State: 'exited', ExitCode: 1 })
    expect(factOf(container('db'), beside)).toMatchObject({ state: 'ok' })
  })

  test('that has no container is bad, and one that runs once is not', () => {
    const missing = containerFacts(described, [container('db')]).filter(({ state }) => state === 'bad')
    expect(missing.map(({ name }) => name)).toEqual(['app', 'toolbox'])
  })
})

describe('a run', () => {
  const at = '2026-11-21T11:30:00.000Z'
  const run = (id: string, result?: 'failed' | 'done') =>
    progress([
      { event: 'run-start', at, run: id, runbook: 'try', who: 'ada@laptop', plan: [], params: {} },
      ...(result ? [{ event: 'run-end', at, result, exit: 0, seconds: 3 }] : []),
    ] as unknown as Event[]) as Progress
  const holder = { run: 'r-2', runbook: 'try', who: 'ada@laptop', since: at }

  test('that failed is to be looked at, unless a later one was done', () => {
    expect(runFacts([run('r-1', 'failed')], undefined, 'production')).toMatchObject([
      { state: 'warn', do: 'pnpm runbook report r-1 --on production' },
    ])
    expect(runFacts([run('r-2', 'done'), run('r-1', 'failed')], undefined, 'x')[1]).toMatchObject({
      state: 'ok',
    })
  })

  test('without an end is under way, or was cut off', () => {
    expect(runFacts([run('r-2')], holder, 'production')).toMatchObject([
      { state: 'ok', value: 'under way, by ada@laptop' },
    ])
    expect(runFacts([run('r-2')], undefined, 'production')).toMatchObject([
      { state: 'warn', do: 'pnpm runbook resume r-2 --on production' },
    ])
  })
})

test('a moment is told as an age', () => {
  const now = new Date('2026-11-21T12:00:00Z')
  const ages = ['11:59:59', '11:58:01', '11:30:00', '02:00:00'].map((time) => ago(`2026-11-21T${time}Z`, now))
  expect(ages).toEqual(['1 second ago', '119 seconds ago', '30 minutes ago', '10 hours ago'])
  expect([ago('2026-11-18T12:00:00Z', now), ago('2026-11-22T12:00:00Z', now)]).toEqual([
    '3 days ago',
    '(2026-11-22T12:00:00Z)',
  ])
})

test('a line that is no fact is not passed over', () => {
  const good = { group: 'a', name: 'b', state: 'ok', value: '' }
  for (const line of ['x', '3', 'null', '{}', JSON.stringify({ ...good, state: 'fine' })])
    expect(parseFacts(line)).toMatchObject([{ state: 'unknown', value: `no fact: ${line}` }])
  expect(parseFacts(`${JSON.stringify(good)}\n\n`)).toEqual([good])
})

test('what is long is broken, never cut', () => {
  const value = `${'a word and another '.repeat(12)}${'x'.repeat(50)}`
  const fact = { group: 'Data', name: 'a name that is far too long for this', state: 'bad', value } as const
  const stream = Object.assign(new PassThrough(), { columns: 80 }) as unknown as NodeJS.WriteStream
  const text = statusText([fact], { environment: 'production', at: new Date(), stream })
  expect(text.replace(/\s+/g, ' ')).toContain(value)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})
