/**
 * The whole way of an alert: what it is about is caused, it arrives at a receiver, the runbook that its link names is played
 * with the parameters of the link, and it ends. All clocks of the monitoring go ten times as fast; that the rules keep
 * their true times is held by `test/stack/monitoring.test.ts`.
 */
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyCheckout } from '../../src/drill/checkout.ts'
import { freePort } from '../../src/drill/free-port.ts'
import { playArguments } from '../../src/drill/script.ts'
import { scrub } from '../../src/run/environment.ts'
import { readRunbook } from '../../src/runbook/library.ts'

const name = `alert-loop-${randomBytes(3).toString('hex')}`
const copy = mkdtempSync(join(tmpdir(), 'drillbook-alerts-'))
const file = join(copy, 'environments', `${name}.env`)
const handbook = 'https://handbook.example.org'

interface Sent {
  status: 'firing' | 'resolved'
  labels: { alertname: string; severity: string; environment: string }
  annotations: { summary: string; runbook_url: string }
}
const sent: Sent[] = []
/** Where alerts are sent to: on this machine, which the containers reach as the gateway of their network. */
const receiver = createServer((request, answer) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    sent.push(...(JSON.parse(Buffer.concat(parts).toString()) as { alerts: Sent[] }).alerts)
    answer.end()
  })
})

const environment = () =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, key, value = ''] = /^(\w+)='?(.*?)'?$/.exec(line) ?? []
        return key ? [[key, value]] : []
      }),
  )
const compose = async (args: string[], input = '', entries = {}) => {
  const env = { ...scrub(process.env), ...environment(), ...entries }
  const { stdout } = await execa('docker', ['compose', ...args], { cwd: copy, env, extendEnv: false, input })
  return stdout
}

/** Resolves to the first such notification after `since`; says which came instead. */
async function arrives(alertname: string, status: Sent['status'], since: number, seconds: number) {
  for (let left = seconds * 4; left > 0; left--) {
    const found = sent
      .slice(since)
      .find((each) => each.labels.alertname === alertname && each.status === status)
    if (found) return found
    await sleep(250)
  }
  const others = sent.slice(since).map((each) => `${each.labels.alertname} ${each.status}`)
  throw new Error(
    `${alertname} ${status} did not arrive in ${seconds} s. What did: ${others.join(', ') || 'nothing'}`,
  )
}

beforeAll(async () => {
  copyCheckout(process.cwd(), copy, ['sandbox'])
  copyFileSync(join(copy, 'environments/sandbox.env'), file)
  const https = await freePort()
  const entries = {
    ENVIRONMENT: name,
    COMPOSE_PROJECT_NAME: name,
    COMPOSE_PROFILES: 'monitoring',
    HTTPS_PORT: `127.0.0.1:${https}`,
    HTTP_PORT: `127.0.0.1:${await freePort()}`,
    APP_URL: `https://localhost:${https}`,
    FAR_ENDPOINT: '',
    HANDBOOK_ADDRESS: handbook,
    MONITORING_PACE: '10',
    ...(process.env.IMAGE_TAG && { IMAGE_TAG: process.env.IMAGE_TAG }),
  }
  const others = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line && !((/^\w+/.exec(line)?.[0] ?? '') in entries) && !line.startsWith('SANDBOX_'))
  const own = Object.entries(entries).map(([key, value]) => `${key}='${value}'`)
  writeFileSync(file, `${[...others, ...own].join('\n')}\n`)

  await new Promise<void>((resolve) => receiver.listen(0, '0.0.0.0', resolve))
  await compose(['up', '--detach', '--wait', 'toolbox'])
  const network = ['network', 'inspect', '--format', '{{(index .IPAM.Config 0).Gateway}}', `${name}_backup`]
  const { stdout: gateway } = await execa('docker', network)
  const address = `http://${gateway}:${(receiver.address() as AddressInfo).port}`
  const secrets = ['run', '--rm', '--no-deps', '-T', 'secrets']
  await compose([...secrets, 'tee', '/run/secrets/.source/alert-webhook-url'], address)
  await compose(secrets)
  await compose(['up', '--detach', '--wait', 'app', 'proxy', 'scheduler'])
  await compose(['run', '--rm', '--no-deps', '-T', 'app', 'seed'])
}, 300_000)

afterAll(async () => {
  receiver.close()
  await compose(['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '1']).catch(() => {})
  rmSync(copy, { recursive: true })
}, 120_000)

/** A program of the application's role that opens connections, and forgets them for longer than a minute. */
const forget = `PGPASSWORD=$(cat /run/secrets/db/app-password); export PGPASSWORD PGAPPNAME=report
printf 'begin;\\nselect 1;\\n\\\\sleep 300 s\\ncommit;\\n' >/tmp/report.sql
setsid pgbench -n -h db -U app -c 83 -j 1 -t 1 -f /tmp/report.sql app >/tmp/report.log 2>&1 &
sleep 62`

const table: { alert: string; severity: string; cause: () => Promise<unknown> }[] = [
  { alert: 'CacheDown', severity: 'P0', cause: () => compose(['stop', 'cache']) },
  { alert: 'DatabaseDown', severity: 'P0', cause: () => compose(['stop', 'db']) },
  { alert: 'StoreDown', severity: 'P0', cause: () => compose(['stop', 'store']) },
  {
    alert: 'ConnectionsExhausted',
    severity: 'P0',
    cause: () => compose(['exec', '-T', 'db', 'bash', '-c', forget]),
  },
]

const monitoring = [
  'prometheus',
  'alertmanager',
  'blackbox',
  'postgres-exporter',
  'redis-exporter',
  'node-exporter',
]

/** What all of it has used: bytes of memory now, and seconds of a core so far. */
async function used() {
  const ask = `cd /sys/fs/cgroup
    cat memory.current memory/memory.usage_in_bytes 2>/dev/null
    sed -n 's/^usage_usec \\(.*\\)/\\1000/p' cpu.stat 2>/dev/null; cat cpuacct/cpuacct.usage 2>/dev/null; true`
  const each = await Promise.all(
    monitoring.map((service) => compose(['exec', '-T', service, 'sh', '-c', ask])),
  )
  const numbers = each.map((text) => text.trim().split('\n').map(Number))
  const sum = (at: number) => numbers.reduce((total, row) => total + (row[at] ?? Number.NaN), 0)
  return { memory: sum(0), seconds: sum(1) / 1e9 }
}

test('at its true pace it costs little', async () => {
  await compose(['up', '--detach', '--wait'], '', { MONITORING_PACE: '1', HEALTH_INTERVAL: '10s' })
  await sleep(15_000)
  const [before, began] = [await used(), Date.now()]
  await sleep(45_000)
  const { memory, seconds } = await used()
  const core = (seconds - before.seconds) / ((Date.now() - began) / 1000)
  console.log(`${Math.round(memory / 2 ** 20)} MiB, ${(core * 100).toFixed(1)} % of a core`)
  expect(memory).toBeLessThan(600 * 2 ** 20)
  expect(core).toBeLessThan(0.05)
})

test('at rest nobody is told anything', async () => {
  // Only now at its pace: the seconds that a start takes would be minutes of outage.
  await compose(['up', '--detach', '--wait'])
  await sleep(20_000)
  expect(sent.map(({ labels, status }) => `${labels.alertname} ${status}`)).toEqual([])
})

test.each(table)('$alert arrives, leads to a step, and ends when its runbook was played', async (row) => {
  const since = sent.length
  const began = Date.now()
  await row.cause()
  const { labels, annotations } = await arrives(row.alert, 'firing', since, 60)
  const arrived = Date.now()
  expect(labels).toMatchObject({ severity: row.severity, environment: name })

  const link = new URL(annotations.runbook_url)
  expect(link.origin).toBe(handbook)
  const [, runbook = ''] = /^\/runbooks\/([a-z-]+)\/$/.exec(link.pathname) ?? []
  const steps = (await readRunbook(copy, runbook)).items.flatMap((item) =>
    'slug' in item ? [item.slug] : [],
  )
  expect(steps).toContain(link.hash.slice(1))

  const { ON: on = '', ...params } = Object.fromEntries(link.searchParams)
  const args = [join(copy, 'src/cli/main.ts'), ...playArguments({ runbook, on, params })]
  const played = await execa(process.execPath, args, {
    ...{ cwd: copy, env: { ...scrub(process.env), NO_COLOR: '1' }, extendEnv: false },
    ...{ all: true, reject: false, stdin: 'ignore', timeout: 240_000 },
  })
  expect(played.exitCode, played.all?.split('\n').slice(-15).join('\n')).toBe(0)

  await arrives(row.alert, 'resolved', since, 90)
  const seconds = (from: number) => ((Date.now() - from) / 1000).toFixed(1)
  console.log(
    `${row.alert}: arrived after ${((arrived - began) / 1000).toFixed(1)} s, over ${seconds(arrived)} s later`,
  )
})
