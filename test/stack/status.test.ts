/** `pnpm runbook status` of the real stack: whole, with something broken, and with something away. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fact } from '../../src/cli/status/fact.ts'
import { project as checkout, type Project, source } from '../cli/project.ts'
import { eventually, project } from './project.ts'

let stack: Awaited<ReturnType<typeof project>>
let operator: Project

beforeAll(async () => {
  stack = await project({ ENVIRONMENT_KIND: 'sandbox' })
  await stack.up()
  operator = checkout({ try: source("/** Says it. */\nawait step('Say', () => $`echo said`)") })
  // Here docker is docker.
  rmSync(join(operator.root, 'bin/docker'))
  const entries = {
    ...{ ENVIRONMENT: stack.name, COMPOSE_PROJECT_NAME: stack.name, ENVIRONMENT_KIND: 'sandbox' },
    ...{ COMPOSE_FILE: join(import.meta.dirname, '../../stack/compose.yaml') },
    ...(process.env.IMAGE_TAG ? { IMAGE_TAG: process.env.IMAGE_TAG } : {}),
  }
  const lines = Object.entries(entries).map(([name, value]) => `${name}=${value}\n`)
  operator.write(`environments/${stack.name}.env`, lines.join(''))
})
afterAll(async () => {
  operator?.[Symbol.dispose]()
  await stack?.[Symbol.asyncDispose]()
})

async function look() {
  const began = Date.now()
  const { exit, stdout, stderr } = await operator.run(['status', '--on', stack.name, '--json'])
  const facts = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Fact)
  const of = (name: string) => facts.find((fact) => fact.name === name)
  const not = facts.filter(({ state }) => state === 'bad' || state === 'unknown').map(({ name }) => name)
  return { exit, stderr, of, not, seconds: (Date.now() - began) / 1000 }
}

test('of a stack that is whole nothing is bad, and everything is known', async () => {
  // The scheduler takes the first backup and makes the first dump.
  const seen = await eventually(90, look, ({ exit }) => exit === 0)
  expect(seen).toMatchObject({ exit: 0, stderr: '', not: [] })
  expect(seen.of('site')?.value).toBe('the page 200, the data 200')
  expect(seen.of('app')?.value).toMatch(/^2 of 2 healthy, up .*, drillbook\/app:/)
  expect(seen.of('database')?.value).toMatch(/^PostgreSQL 17/)
  expect(seen.of('connections')?.value).toMatch(/^\d+ of \d+ are used$/)
  expect(seen.of('newest backup')?.value).toBe('0 hours old')
  expect(seen.of('application')?.value).toBe('ready')
  expect(seen.of('version')?.value).toMatch(/^\d+\.\d+/)
  expect(seen.of('maintenance page')).toMatchObject({ state: 'ok' })
  expect(seen.of('lock')?.value).toBe('nobody is at work')
  expect(seen.of('incident')?.value).toBe('none is open')
  expect(seen.of('monitoring')).toMatchObject({ state: 'off' })
  expect(seen.of('last proven restore')?.state).toBe('off')
})

test('what fires, who is at work, what users see, and that an incident is open', async () => {
  const alert = (alertname: string, severity: string) => ({
    labels: { alertname, severity },
    annotations: { summary: `${alertname} happens`, runbook_url: 'https://books.example.org/runbooks/try/' },
    startsAt: '2026-11-26T07:00:00.123Z',
  })
  const tell = (path: string, body: object) =>
    stack.exec(
      ...(['toolbox', 'curl', '--silent', '--fail', '--json', JSON.stringify(body)] as const),
      `http://alertmanager:9093/api/v2/${path}`,
    )
  await stack.must('--profile', 'monitoring', 'up', '--detach', '--wait', '--no-deps', 'alertmanager')
  expect((await look()).of('monitoring')?.value).toBe('no alert fires')
  const [startsAt, endsAt] = [new Date(Date.now() - 1000), new Date(Date.now() + 600_000)]
  const matchers = [{ name: 'alertname', value: 'Quiet', isRegex: false, isEqual: true }]
  await tell('silences', { matchers, startsAt, endsAt, createdBy: 'ada', comment: 'known' })
  await tell('alerts', [alert('Slow', 'P2'), alert('Down', 'P0'), alert('Quiet', 'P1')])
  try {
    const run = ['--run', 'r-1', '--runbook', 'restore', '--who', 'ada@laptop']
    await stack.exec('toolbox', 'guard', 'take', '--environment', stack.name, ...run)
    await stack.exec('toolbox', 'incident-log', 'investigating', 'P1', 'Nobody can sign in', '', '')
    await stack.exec('proxy', 'touch', '/var/lib/caddy/maintenance')
    // It takes alerts in, and looks for silences, a moment later.
    const { exit, of } = await eventually(20, look, (seen) => seen.of('silenced') !== undefined)
    expect(exit).toBe(1)
    expect(of('maintenance page')).toMatchObject({ state: 'warn', runbook: 'maintenance-mode --STATE off' })
    expect(of('Down')).toMatchObject({
      state: 'bad',
      value: 'P0: Down happens',
      since: '2026-11-26T07:00:00Z',
    })
    expect(of('Slow')).toMatchObject({ state: 'warn', runbook: 'https://books.example.org/runbooks/try/' })
    expect(of('silenced')?.value).toMatch(/^1 more/)
    expect(of('lock')?.value).toBe('ada@laptop is at work: restore')
    expect(of('incident')?.value).toMatch(
      /^P1, investigating: Nobody can sign in\. The next message is due at/,
    )
  } finally {
    await stack.exec('proxy', 'rm', '-f', '/var/lib/caddy/maintenance')
    await stack.must('--profile', 'monitoring', 'rm', '--stop', '--force', 'alertmanager')
    await stack.exec('toolbox', 'guard', 'release', '--run', 'r-1')
    await stack.exec('toolbox', 'incident-log', 'resolved', 'same', '', '', 'Nothing is lost.')
  }
})

test('without the database it says so in time, and of what else nobody can know', async () => {
  await stack.must('stop', 'db')
  const { exit, of, not, seconds } = await look()
  await stack.must('start', 'db')
  expect(exit).toBe(1)
  expect(not).toEqual(expect.arrayContaining(['database', 'db']))
  expect(of('database')).toMatchObject({ state: 'bad', do: 'docker compose logs --tail 50 db' })
  expect(of('application')?.value).toMatch(/^it does not reach: .*database/)
  expect(of('maintenance page')).toMatchObject({ state: 'ok' })
  expect(of('log archived')).toMatchObject({ state: 'unknown' })
  expect(of('newest backup')).toMatchObject({ state: 'ok' })
  expect(seconds).toBeLessThan(40)
})

test('without the toolbox it says what the engine knows', async () => {
  await stack.must('stop', 'toolbox')
  const { exit, of } = await look()
  await stack.must('start', 'toolbox')
  expect(exit).toBe(1)
  expect(of('proxy')).toMatchObject({ state: 'ok' })
  expect(of('toolbox')).toMatchObject({ state: 'unknown' })
})
