/** What containers say, from the engine's files to the answer of a search: the service `logs` of the compose file, and one that talks. */
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { image, run, unique } from './containers.ts'

const project = unique('stack-test-logs')
const extra = join(tmpdir(), `${project}.yaml`)
const labels = 'com.docker.compose.project,com.docker.compose.service,com.docker.compose.container-number'

/** The engine begins a new file when the old one has this size. */
const talker = (script: string, size: string) => ({
  image: image('base'),
  init: true,
  // For Compose a dollar begins a variable of its own.
  command: ['sh', '-c', [script, 'sleep 600'].join('\n').replaceAll('$', '$$$$')],
  network_mode: 'none',
  logging: { driver: 'json-file', options: { 'max-size': size, 'max-file': '3', labels } },
})

const said = [
  String.raw`echo '{"level":"error","time":"2026","requestId":"r-1","msg":"It \"broke\"","path":"/books"}'`,
  `echo '{"level":"error","logger":"http.log.access.log0","msg":"handled request","status":502,"resp_headers":{"X-Request-Id":["r-1"]}}'`,
  'echo "2026-11-26 10:00:00.000 UTC [7] app@app ERROR:  relation does not exist"',
  `echo "2026-11-26 10:00:00.000 UTC [7] app@app STATEMENT:  select 1"`,
  `printf '\\t/*request_id=%s*/\\n' "'r-1'"`,
  `echo '1:M 26 Nov 2026 10:00:00.000 # Short of memory'`,
  `echo '{not JSON'`,
  'echo',
].join('\n')

const many = 700
const count = `n=0; while [ $n -lt ${many} ]; do n=$((n + 1)); echo "line-$n."; sleep 0.03; done`
const services = {
  speaker: talker(said, '10m'),
  steady: talker(count, '10m'),
  // A new file about every three seconds.
  turning: talker(count, '30k'),
}

const env = {
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  ...(process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {}),
  ...(process.env.IMAGE_TAG ? { IMAGE_TAG: process.env.IMAGE_TAG } : {}),
  ENVIRONMENT: project,
  COMPOSE_PROJECT_NAME: project,
  COMPOSE_FILE: `stack/compose.yaml:${extra}`,
  HEALTH_INTERVAL: '1s',
  // Else `down` would leave what is of a profile.
  COMPOSE_PROFILES: 'monitoring',
}
const compose = (...args: string[]) =>
  run('env', [
    '-i',
    ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
    'docker',
    'compose',
    ...args,
  ])
const inLogs = (script: string) => compose('exec', '-T', 'logs', 'bash', '-c', script)

interface Asked {
  minutes?: string
  before?: string
  service?: string
  level?: string
  request?: string
  text?: string
  lines?: string
}
function search(
  {
    minutes = '10',
    before = '',
    service = '',
    level = 'any',
    request = '',
    text = '',
    lines = '9999',
  }: Asked,
  ...first: string[]
) {
  return compose(
    'exec',
    '-T',
    'logs',
    'logs-search',
    ...first,
    minutes,
    before,
    service,
    level,
    request,
    text,
    lines,
  )
}

beforeAll(async () => {
  await writeFile(extra, JSON.stringify({ services }))
  const { code, err } = await compose('up', '--detach', '--wait', 'logs', 'speaker', 'steady')
  if (code !== 0) throw new Error(err)
  for (let left = 60; !(await search({ service: 'speaker' })).out.includes('not JSON'); left--) {
    if (left === 0) throw new Error((await compose('logs', 'logs')).out)
    await sleep(500)
  }
})
afterAll(async () => {
  await compose('down', '--volumes', '--timeout', '0')
  await rm(extra)
})

test('every service’s lines are kept as JSON, with service, level, message and request', async () => {
  const { out } = await inLogs('cat /var/lib/logs/*/speaker.jsonl')
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toMatchObject([
    { service: 'speaker', level: 'error', message: 'It "broke"', request: 'r-1', line: { path: '/books' } },
    // It is counted as a request that failed, where those are.
    { level: 'info', message: 'handled request', request: 'r-1', line: { status: 502 } },
    { level: 'error', message: expect.stringContaining('relation does not exist') },
    { level: 'info', message: expect.stringContaining('STATEMENT') },
    { level: 'info', message: "\t/*request_id='r-1'*/", request: 'r-1' },
    { level: 'warning', message: '1:M 26 Nov 2026 10:00:00.000 # Short of memory' },
    { level: 'info', message: '{not JSON' },
    { level: 'info', message: '' },
  ])
  expect(lines.every(({ time }) => Math.abs(Date.parse(String(time)) - Date.now()) < 120_000)).toBe(true)
})

test('a look of the monitoring that finds nobody is no error of who looks', async () => {
  await compose('up', '--detach', '--wait', 'blackbox')
  const look = ['http-ok', '9115', '/probe?module=site&target=https://localhost:1/']
  expect(await compose('exec', '-T', 'blackbox', ...look)).toMatchObject({ code: 0 })
  for (let left = 60; ; left--) {
    const { out } = await inLogs('cat /var/lib/logs/*/blackbox.jsonl')
    const lines = out.split('\n').filter((line) => line.includes('Probe failed'))
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ level: 'info', line: { level: 'ERROR', module: 'site' } })
    if (lines.length > 0) break
    expect(left, out).toBeGreaterThan(0)
    await sleep(500)
  }
})

test('no other project’s lines are kept', async () => {
  const { out } = await inLogs('ls /var/lib/logs/*/')
  expect(out.split('\n').sort()).toEqual(expect.arrayContaining(['speaker.jsonl', 'steady.jsonl']))
  expect(out).not.toMatch(/^(app|db|store|proxy)\./m)
})

test('a request is followed through the services, worst first where that is asked', async () => {
  const all = (await search({ request: 'r-1' })).out
  expect(all.split('\n')).toHaveLength(3)
  // A report of the database in several lines is one.
  const errors = (await search({ request: 'r-1', level: 'error' })).out
  expect(errors.split('\n')).toEqual([
    expect.stringMatching(/^\S+Z speaker error {2}It "broke" {2}\{"requestId":"r-1","path":"\/books"\}$/),
    expect.stringMatching(
      / error {2}.*relation does not exist .*STATEMENT: {2}select 1 \/\*request_id='r-1'\*\/$/,
    ),
  ])
  for (const text of ['"path":"/books"', 'broke" ', '/books', 'speaker error  It'])
    expect((await search({ text })).out).toMatch(/^\S+Z speaker error {2}It "broke" [^\n]*$/)
  expect((await search({ text: 'Short of', level: 'warning' })).out.split('\n')).toHaveLength(1)
  expect((await search({ service: 'speaker' }, '--count')).out).toMatch(/^speaker +2 +1 +3$/m)
})

test.each<[string, Asked, RegExp]>([
  [
    'a service that nobody has',
    { service: 'apq' },
    /No service «apq» has logged anything\. There are: .*speaker/,
  ],
  [
    'a time before the first line',
    { before: '2020-01-01T00:00:00Z' },
    /Nothing is kept of the time before 2020-01-01T00:00:01Z: logs begin on 20/,
  ],
  ['no number of minutes', { minutes: '-5' }, /expected a number of minutes.*found «-5»/],
])('%s is refused', async (_, asked, message) => {
  const { code, err } = await search(asked)
  expect(err).toMatch(message)
  expect(code).toBeGreaterThan(0)
})

test('what matches nothing says for which time', async () => {
  const { code, out } = await search({ text: 'nobody says this' })
  expect(out).toMatch(/^Nothing that matches was logged from \S+Z to \S+Z\.$/)
  expect(code).toBe(0)
})

/** The numbers of the lines that are kept, when the last of them is. */
async function counted(service: string): Promise<number[]> {
  for (let left = 120; left > 0; left--) {
    const { out } = await search({ service, text: 'line-' })
    const found = [...out.matchAll(/line-(\d+)\.$/gm)].map(([, n]) => Number(n))
    if (found.includes(many)) return found
    await sleep(500)
  }
  throw new Error(`The last line of ${service} never came: ${(await compose('logs', 'logs')).out}`)
}

test('a collector that is killed goes on where it was, and repeats at most what it had not noted', async () => {
  await inLogs('kill -9 $(cat /tmp/rsyslogd.pid)')
  const found = await counted('steady')
  expect(new Set(found).size).toBe(many)
  expect(found.length - many).toBeLessThanOrEqual(50)
})

test('no line is lost, and none is kept twice, when the engine begins a new file', async () => {
  await compose('up', '--detach', 'turning')
  expect(await counted('turning')).toEqual(Array.from({ length: many }, (_, n) => n + 1))
})

test('days that are over are packed and still searched, old ones and too many removed', async () => {
  const [old, last] = [31, 3].map((days) =>
    new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10),
  )
  const line = JSON.stringify({
    time: `${last}T12:00:00.0Z`,
    service: 'former',
    container: '1',
    message: 'of then',
    level: 'info',
  })
  await inLogs(`cd /var/lib/logs; mkdir ${old} ${last}; echo x >${old}/former.jsonl; echo '${line}' >${last}/former.jsonl
    touch -d '1 hour ago' ${last}/former.jsonl; logs-thin`)
  const folders = (await inLogs('cd /var/lib/logs; ls -d 2*; ls */former*')).out
  expect(folders).not.toContain(old)
  expect(folders).toContain(`${last}/former.jsonl.gz`)
  const { out } = await search({ before: `${last}T13:00:00Z`, minutes: '120' })
  expect(out).toBe(`${last}T12:00:00.0Z former info  of then`)

  await inLogs(
    `cd /var/lib/logs; head -c 3M /dev/urandom >${last}/bulk.jsonl.gz; LOGS_RETENTION_SIZE=2 logs-thin`,
  )
  const left = (await inLogs('cd /var/lib/logs; ls -d 2*')).out
  expect(left).not.toContain(last)
  expect(left).toMatch(/^2\d{3}-\d\d-\d\d$/)
})
