/**
 * Tells a webhook how the weekly verification ended.
 *
 *     NOTIFY_WEBHOOK=… node scripts/verify/tell.ts FOLDER [--shards N] [--no-mutants]
 *
 * Without an address it says so and tells nobody. Exit codes: 0 told, or nobody to tell · 1 the webhook did not take it
 */
import { parseArgs } from 'node:util'
import { judge, judging, type Verdict } from './issues.ts'

/** What is sent, as JSON by POST. A field is only ever added. Chats that take `text` show it as it is. */
export interface Notification {
  v: 1
  event: 'verification'
  /** When: ISO 8601, UTC. */
  at: string
  text: string
  result: 'proven' | 'failed'
  proven: string[]
  failed: string[]
  /** Not everything was tried, nothing failed. */
  unknown: string[]
  url: string
}

export function notification(all: readonly Verdict[], url: string, at: Date): Notification {
  const of = (wanted: Verdict['result']) =>
    all.filter(({ result }) => result === wanted).map(({ runbook }) => runbook)
  const [proven, failed, unknown] = [of('proven'), of('failed'), of('unknown')]
  const good = failed.length + unknown.length === 0
  const text = good
    ? `All ${proven.length} runbooks are proven.`
    : [
        failed.length > 0 && `Not proven: ${failed.join(', ')}.`,
        unknown.length > 0 && `Not tried completely: ${unknown.join(', ')}.`,
        `Proven: ${proven.length} of ${all.length}.`,
      ]
        .filter(Boolean)
        .join(' ')
  return {
    ...{ v: 1, event: 'verification', at: at.toISOString(), text: `${text} ${url}` },
    ...{ result: good ? 'proven' : 'failed', proven, failed, unknown, url },
  }
}

/** Rejects unless the answer is 2xx. Never names the address: it is a secret. */
export async function post(address: string, value: Notification): Promise<void> {
  if (!/^https?:\/\//.test(address))
    throw new Error('NOTIFY_WEBHOOK is no address: it begins with neither http nor https.')
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'drillbook' },
    body: JSON.stringify(value),
    // It would carry the news to somewhere else.
    redirect: 'manual',
    signal: AbortSignal.timeout(15_000),
  }).catch((error: Error) => {
    throw new Error(
      `The webhook could not be reached: ${error.name === 'TimeoutError' ? 'no answer in time' : 'no connection'}.`,
    )
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`The webhook did not take it: HTTP ${response.status}.`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: judging,
  })
  const { env } = process
  const address = env['NOTIFY_WEBHOOK']
  if (!address) {
    process.stdout.write('NOTIFY_WEBHOOK is not set: nobody is told.\n')
    return
  }
  const judged = await judge(process.cwd(), positionals[0] ?? '.', values)
  const { GITHUB_SERVER_URL: server = 'https://github.com', GITHUB_REPOSITORY: repository = '' } = env
  const url = `${server}/${repository}/actions/runs/${env['GITHUB_RUN_ID'] ?? ''}`
  await post(address, notification(judged.verdicts, url, new Date()))
  process.stdout.write('The webhook was told.\n')
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
}
