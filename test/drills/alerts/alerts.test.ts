/**
 * The whole way of an alert: what it is about is caused, it arrives at a receiver, the runbook that its link names is played
 * with the parameters of the link, and it ends. The clocks of the monitoring go faster; that the rules keep their true
 * times is held by `test/stack/monitoring.test.ts`.
 *
 *     pnpm vitest run --project drill-alone alerts                 one of them, drawn by the commit, and a restore
 *     ALERTS=all pnpm vitest run --project drill-alone alerts      all; what was measured goes to `evidence/alerts.json`
 *     ALERTS=CacheDown,SiteDown …                                  these, and the figures of the others stay
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { business, database, service } from '../../../scripts/dashboards/boards.ts'
import { draw, seedOf } from '../../../src/drill/sample.ts'
import {
  type AlertEvidence,
  alertEvidence,
  type MeasuredAlert,
  readAlertEvidence,
} from '../../../src/evidence/alerts.ts'
import { readRunbook } from '../../../src/runbook/library.ts'
import { alertsIn } from '../../../src/site/alerts.ts'
import { startWriting } from '../author.ts'
import { build, haveLiveName } from '../releases.ts'
import { monitoring, watchAt } from '../watch.ts'
import { type Row, table } from './table.ts'
import { arrives, handbook, stands, startWatched, type Watched } from './watched-stack.ts'

const root = process.cwd()
const file = 'evidence/alerts.json'
const wanted = process.env['ALERTS'] ?? ''

/** What each rule promises, as a hash. */
const rules = new Map(
  globSync('stack/images/monitoring/rules/*.yaml')
    .flatMap((path) => alertsIn(path, readFileSync(path, 'utf8')))
    .map(({ name, hash }) => [name, hash]),
)

const chosen = () => {
  if (wanted === 'all') return table
  if (wanted) return table.filter(({ alert }) => wanted.split(',').includes(alert))
  // One that was seen before, by this rule: those that were not are for the weekly run.
  const seen = readAlertEvidence(root)
  const quick = table.filter(
    ({ alert, pace, promise, over = 0 }) =>
      promise / pace < 40 && over === 0 && seen[alert]?.rule === rules.get(alert),
  )
  return draw(quick, `${seedOf(root)} alert`)
}
/** One pace after the other, since what was seen is forgotten in between. The slowest alerts need the fastest clocks. */
const rows = chosen().sort((a, b) => b.pace - a.pace)

const panels = [service, database, business].flatMap(({ name, rows }) =>
  rows.flatMap(([, some]) =>
    some.flatMap(({ title, queries }) =>
      queries.map(([, query]) => ({
        panel: `${name}: ${title}`,
        query: query.replaceAll('$__rate_interval', '1m'),
      })),
    ),
  ),
)

let watched: Watched
let pace = 0
const measured: AlertEvidence['alerts'] = {}

beforeAll(async () => {
  watched = await startWatched(root)
}, 300_000)
afterAll(() => watched?.close(), 120_000)

test('every alert is caused here', () => {
  const caused = table.flatMap(({ alert, also = [] }) => [alert, ...also])
  expect(caused.sort()).toEqual([...rules.keys()].sort())
})

/** What all of it has used: bytes of memory now, and seconds of a core so far. */
async function used() {
  const ask = `cd /sys/fs/cgroup
    cat memory.current memory/memory.usage_in_bytes 2>/dev/null
    sed -n 's/^usage_usec \\(.*\\)/\\1000/p' cpu.stat 2>/dev/null; cat cpuacct/cpuacct.usage 2>/dev/null; true`
  const each = await Promise.all(monitoring.map((service) => watched.exec(service, 'sh', '-c', ask)))
  const numbers = each.map((text) => text.trim().split('\n').map(Number))
  const sum = (at: number) => numbers.reduce((total, row) => total + (row[at] ?? Number.NaN), 0)
  return { memory: sum(0), seconds: sum(1) / 1e9 }
}

/** Has the clocks go at another pace, if they do not, and sees that a stack at rest tells nobody anything. */
async function at(wanted: number): Promise<void> {
  if (pace === wanted) return
  pace = wanted
  await watchAt(watched.stack, pace)
  const since = watched.sent.length
  await sleep(15_000)
  for (const { annotations } of watched.sent.slice(since))
    console.log(`At rest, ${pace} times as fast: ${annotations.summary}`)
  expect(told(since)).toEqual([])
}

const told = (since: number) =>
  watched.sent.slice(since).map(({ labels, status }) => `${labels.alertname} ${status}`)

/** Whether Prometheus has seen it fire in the last so many seconds, whoever was told. */
const fired = async (alert: string, seconds: number) =>
  (await watched.query(`max_over_time(ALERTS{alertname="${alert}",alertstate="firing"}[${seconds}s])`))
    .length > 0

describe.runIf(wanted === 'all')('at the true pace', () => {
  test('the monitoring costs little', { timeout: 180_000 }, async () => {
    await at(1)
    const [before, began] = [await used(), Date.now()]
    await sleep(45_000)
    const { memory, seconds } = await used()
    const core = (seconds - before.seconds) / ((Date.now() - began) / 1000)
    console.log(`${Math.round(memory / 2 ** 20)} MiB, ${(core * 100).toFixed(1)} % of a core`)
    expect(memory).toBeLessThan(600 * 2 ** 20)
    expect(core).toBeLessThan(0.05)
  })

  test('users, a backup, maintenance and a deployment are no reason to tell anybody anything', {
    timeout: 1_200_000,
  }, async () => {
    await at(1)
    const [since, began] = [watched.sent.length, Date.now()]
    await haveLiveName(watched)
    const [readers, author] = [ask(20), await startWriting(watched)]
    const play = async (runbook: string, params: Record<string, string> = {}) => {
      const { exitCode, said } = await watched.play(runbook, params)
      expect(exitCode, said.split('\n').slice(-20).join('\n')).toBe(0)
    }
    try {
      await play('backup', { TYPE: 'full' })
      await play('maintenance')
      await play('deploy', { IMAGE: await build(watched, '4.0.0'), WATCH_SECONDS: '60' })
      await sleep(Math.max(0, began + 630_000 - Date.now()))
    } finally {
      await readers()
      await author.stop()
    }
    expect(told(since)).toEqual([])
    // Nor would anybody have been told a little later.
    const firing = await watched.query('max_over_time(ALERTS{alertstate="firing",severity!="none"}[15m])')
    expect(firing.map(({ labels }) => labels['alertname'])).toEqual([])
    const [requests] = await watched.query('site:requests:rate5m')
    expect(requests?.value).toBeGreaterThan(10)

    // After all that every panel of the dashboards has something to show.
    const empty: string[] = []
    for (const { panel, query } of panels)
      if ((await watched.query(query)).every(({ value }) => Number.isNaN(value)))
        empty.push(`${panel}: ${query}`)
    expect(empty).toEqual([])
  })
})

// Before the alerts: some of them leave a disk too full for a second cluster.
describe('downtime that is wanted', () => {
  // What was before has left something in long windows, which is no part of it.
  beforeEach(async () => {
    pace = 0
    await at(10)
  }, 120_000)

  test('is not told while a restore stops the site', { timeout: 300_000 }, async () => {
    const since = watched.sent.length
    let ended = false
    const restored = watched.play('restore', {}).finally(() => {
      ended = true
    })
    while (!ended) await writeFigures().then(() => sleep(500))
    const { exitCode, said } = await restored
    expect(exitCode, said.split('\n').slice(-20).join('\n')).toBe(0)
    await sleep(10_000)
    expect(await fired('SiteDown', 120)).toBe(true)
    expect(told(since).filter((each) => each.endsWith('firing'))).toEqual([])
    await quiet()
  })

  test.runIf(wanted === 'all')(
    'is not told while users get the maintenance page, nor when they come back',
    { timeout: 300_000 },
    async () => {
      const since = watched.sent.length
      const users = ask(10)
      try {
        expect((await watched.play('maintenance-mode', { STATE: 'on' })).exitCode).toBe(0)
        // Its five minutes, its window, and a look.
        for (const end = Date.now() + 60_000; !(await fired('ErrorsOver10Percent', 20)); await sleep(1000))
          expect(Date.now()).toBeLessThan(end)
        expect((await watched.play('maintenance-mode', { STATE: 'off' })).exitCode).toBe(0)
        await sleep(45_000)
      } finally {
        await users()
      }
      expect(told(since).filter((each) => each.endsWith('firing'))).toEqual([])
      await quiet()
    },
  )
})

describe('an alert', () => {
  test.each(rows)(
    '$alert arrives, leads to a step, and ends when its runbook was played',
    {
      timeout: 1_500_000,
    },
    async (row) => {
      await at(row.pace)
      const before = await watched.active()
      const users = row.users ? ask(row.users) : undefined
      try {
        Object.assign(measured, await wayOf(row))
      } catch (error) {
        // Now, and not when all are through.
        console.log(`${row.alert}: ${(error as Error).message}`)
        await repair().catch(() => {})
        throw error
      } finally {
        await users?.()
        await row.after?.(watched)
        await quiet(before)
      }
    },
  )
})

/** After a way that was not gone to its end, what does not run is started: the next one is not to find it so. */
const repair = () => watched.stack.compose(['up', '--detach', '--wait'])

/**
 * Until what the next alert would be taken for is over: at most two minutes, and then it is left to that. Some look at hours
 * or days, which are many minutes at any pace, and are nobody’s cause.
 */
async function quiet(but: readonly string[] = []): Promise<void> {
  const lasting = ['ErrorBudgetBurns', 'ErrorBudgetBurnsSlowly', 'RestoreUnproven', ...but]
  let active: string[] = []
  for (let left = 120; left > 0; left--) {
    active = (await watched.active()).filter((alert) => !lasting.includes(alert))
    if (active.length === 0) return
    await sleep(1000)
  }
  console.log(`Not over after two minutes: ${active.join(', ')}`)
}

/** As the scheduler does, whose own clock keeps its pace. Both at once: then one of them has written. */
const writeFigures = () => watched.exec('scheduler', 'write-figures').catch(() => {})

async function wayOf(row: Row): Promise<AlertEvidence['alerts']> {
  const { sent, stack } = watched
  const [since, began] = [sent.length, Date.now()]
  const meanwhile = async () => row.figures && (await writeFigures())
  const hear = row.unsent ? stands : arrives
  await row.cause(watched)
  const names = [row.alert, ...(row.also ?? [])]
  // What has no pace takes a while, too: a look, a name that nobody has any more.
  const seconds = row.promise / row.pace + 20
  const times: Record<string, number> = {}
  const arrive = async (name: string, within: number) => {
    const heard = await hear(watched, name, 'firing', { since, meanwhile, seconds: within })
    if (!heard) throw new Error(`Nobody knows what ${name} says.`)
    const { labels, annotations } = heard
    times[name] = Date.now()
    expect(labels.environment).toBe(stack.name)
    return { severity: labels.severity, ...(await target(annotations.runbook_url)) }
  }
  const { severity, runbook, params } = await arrive(row.alert, seconds)
  expect(severity).toBe(row.severity)
  for (const name of row.also ?? []) expect((await arrive(name, seconds + 60)).runbook).toBe(runbook)

  await row.before?.(watched)
  const { exitCode, said } = await watched.play(runbook, { ...params, ...row.params?.() })
  if (row.says) expect(said, said.slice(-6000)).toMatch(row.says)
  expect(exitCode, said.split('\n').slice(-40).join('\n')).toBe(row.says ? 1 : 0)
  await row.mend?.(watched)
  const played = Date.now()

  const result: AlertEvidence['alerts'] = {}
  for (const name of names) {
    await hear(watched, name, 'resolved', { since, seconds: row.over ?? 150, meanwhile })
    const over = Date.now()
    const at = times[name] ?? 0
    const s = (from: number, to: number) => Math.round(Math.max(0, to - from) / 100) / 10
    result[name] = {
      ...{ at: new Date().toISOString(), rule: rules.get(name) ?? '', pace: row.pace, runbook },
      ...{ arrived: s(began, at), played: s(at, played), over: s(played, over) },
    } satisfies MeasuredAlert
    console.log(name, JSON.stringify(result[name]))
  }
  return result
}

/** The runbook of a link, and the params that it fills in. Fails unless the step is there. */
async function target(url: string) {
  const link = new URL(url)
  expect(link.origin).toBe(handbook)
  const [, runbook = ''] = /^\/runbooks\/([a-z-]+)\/$/.exec(link.pathname) ?? []
  const { items } = await readRunbook(root, runbook)
  expect(items.flatMap((item) => ('slug' in item ? [item.slug] : []))).toContain(link.hash.slice(1))
  const { ON, ...params } = Object.fromEntries(link.searchParams)
  expect(ON).toBe(watched.stack.name)
  return { runbook, params }
}

/** Users who read, so many a second; what they get is not looked at here. Resolves when the last has an answer. */
function ask(rate: number): () => Promise<void> {
  let ended = false
  const open = new Set<Promise<unknown>>()
  const timer = setInterval(() => {
    if (ended) return
    const asked: Promise<unknown> = watched
      .http('/api/books?limit=1', { milliseconds: 10_000 })
      .catch(() => {})
      .finally(() => open.delete(asked))
    open.add(asked)
  }, 1000 / rate)
  return async () => {
    ended = true
    clearInterval(timer)
    await Promise.all(open)
  }
}

afterAll(() => {
  if (!wanted) return
  const known = Object.entries(readAlertEvidence(root)).filter(([name, { rule }]) => rules.get(name) === rule)
  const alerts = Object.fromEntries(
    Object.entries({ ...Object.fromEntries(known), ...measured }).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  writeFileSync(file, `${JSON.stringify(alertEvidence.parse({ schema: 1, alerts }), undefined, 2)}\n`)
})
