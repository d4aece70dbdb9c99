/** A stack that is watched as production is, at another pace, and whose alerts arrive here. */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { playArguments } from '../../../src/drill/script.ts'
import { type OwnStack, startStack } from '../../../src/drill/stack.ts'
import type { Stack } from '../../../src/drill/types.ts'
import { scrub } from '../../../src/run/environment.ts'
import { startFarStore } from '../far-store.ts'
import { ownLiveName } from '../releases.ts'
import { limitVolumes } from '../small-volumes.ts'
import { system, type Tools } from '../stack.ts'

export const handbook = 'https://handbook.example.org'

/** As Alertmanager sends it. */
export interface Sent {
  status: 'firing' | 'resolved'
  labels: { alertname: string; severity: string; environment: string }
  annotations: { summary: string; runbook_url: string }
}

export interface Watched extends Tools {
  stack: OwnStack
  /** Everything that has arrived, in order. */
  sent: Sent[]
  /** The address of the channel that is listened to here. */
  here: string
  /** The address of a channel that nobody listens at any more: every message is refused. */
  gone: string
  /** Plays a runbook as an operator does. `said`: all that it printed. */
  play(runbook: string, params: Record<string, string>): Promise<{ exitCode: number; said: string }>
  /** Asks Prometheus. Resolves to the values, by the labels of each. */
  query(expression: string): Promise<{ labels: Record<string, string>; value: number }[]>
  /** The alerts that are active and that somebody is to be told of, as Alertmanager knows them. */
  standing(): Promise<Sent[]>
  /** Their names. */
  active(): Promise<string[]>
  close(): Promise<void>
}

export async function startWatched(root: string): Promise<Watched> {
  const sent: Sent[] = []
  const receiver = await listen(sent)
  const stack = await startStack(root, system, {
    async before(name) {
      await ownLiveName(name)
      // So that it can be filled.
      await limitVolumes({ database: '1100m' })(name)
      appendFileSync(join(root, 'environments', `${name}.env`), `HANDBOOK_ADDRESS='${handbook}'\n`)
    },
  })
  const { close: closeTools, ...tools } = await system.tools(stack)
  // The containers reach this machine as the gateway of their network.
  const gateway = ['network', 'inspect', '--format', '{{(index .IPAM.Config 0).Gateway}}']
  const { stdout: host } = await execa('docker', [...gateway, `${stack.name}_backup`])
  const address = `http://${host}:${(receiver.address() as AddressInfo).port}`
  await setChannel(stack, 'alert-webhook-url', address)

  // What is true of every stack after a while: backups were looked for, and files copied.
  await startFarStore({ stack })
  // Its first copy had nowhere to go, and it would wait for two minutes until it tries again.
  await stack.compose(['restart', 'scheduler'])
  await tools.exec('scheduler', 'bash', '-c', settled)

  const told = `http://alertmanager:9093/api/v2/alerts?silenced=false&inhibited=false&filter=${encodeURIComponent('severity!="none"')}`
  const ask = async (...args: string[]) =>
    JSON.parse(await tools.exec('toolbox', 'curl', '-fsS', ...args)) as unknown
  const standing = async () => (await ask(told)) as Sent[]
  return {
    ...tools,
    stack,
    sent,
    standing,
    here: address,
    gone: `${address}${removed}`,
    async play(runbook, params) {
      const args = playArguments({ runbook, on: stack.name, params })
      const { exitCode = -1, all = '' } = await execa(
        process.execPath,
        [join(root, 'src/cli/main.ts'), ...args],
        {
          ...{ cwd: root, env: { ...scrub(process.env), NO_COLOR: '1' }, extendEnv: false },
          ...{ all: true, reject: false, stdin: 'ignore', timeout: 300_000 },
        },
      )
      return { exitCode, said: all }
    },
    async query(expression) {
      const address = 'http://prometheus:9090/api/v1/query'
      const { data } = (await ask('--data-urlencode', `query=${expression}`, address)) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
    },
    active: async () => (await standing()).map(({ labels }) => labels.alertname),
    async close() {
      receiver.close()
      await closeTools()
      await stack.remove()
    },
  }
}

/** Where alerts go, as an operator says it; Alertmanager reads it when it starts. Empty: not there. */
export async function setChannel(stack: Stack, name: string, address: string): Promise<void> {
  const secrets = ['run', '--rm', '--no-deps', '-T', 'secrets']
  await stack.compose([...secrets, 'tee', `/run/secrets/.source/${name}`], { input: address })
  await stack.compose(secrets)
}

const settled = `figures=/var/lib/figures/scheduler.prom
until write-figures
  grep -q '^backup_newest_timestamp_seconds{type="full"} [1-9]' $figures &&
  grep -q '^scheduled_job_failed{job_name="backups"} 0' $figures &&
  grep -q '^scheduled_job_failed{job_name="copies"} 0' $figures
do sleep 1; done`

const removed = '/removed'

function listen(sent: Sent[]) {
  const server = createServer((request, answer) => {
    if (request.url === removed) return void answer.writeHead(404).end()
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      sent.push(...(JSON.parse(Buffer.concat(parts).toString()) as { alerts: Sent[] }).alerts)
      answer.end()
    })
  })
  return new Promise<typeof server>((resolve) => server.listen(0, '0.0.0.0', () => resolve(server)))
}

/** Resolves to the first such notification after the first `since`. Rejects, and says what came instead. */
export async function arrives(
  { sent }: Pick<Watched, 'sent'>,
  alert: string,
  status: Sent['status'],
  { since, seconds, meanwhile }: { since: number; seconds: number; meanwhile?: () => Promise<unknown> },
): Promise<Sent> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = sent.slice(since).find((each) => each.labels.alertname === alert && each.status === status)
    if (found) return found
    if (Date.now() > end) break
    await meanwhile?.()
    await sleep(250)
  }
  const others = sent.slice(since).map((each) => `${each.labels.alertname} ${each.status}`)
  throw new Error(
    `${alert} ${status} did not arrive in ${seconds} s. What did: ${others.join(', ') || 'nothing'}`,
  )
}

/** The same of what cannot arrive: Alertmanager holds it, and it is over when Prometheus says so. */
export async function stands(
  { standing, query }: Pick<Watched, 'standing' | 'query'>,
  alert: string,
  status: Sent['status'],
  { seconds, meanwhile }: { seconds: number; meanwhile?: () => Promise<unknown> },
): Promise<Sent | undefined> {
  const fires = `ALERTS{alertname="${alert}",alertstate="firing"}`
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(250)) {
    // It may just be starting.
    const all = await standing().catch(() => [])
    const found = all.find(({ labels }) => labels.alertname === alert)
    if (status === 'firing' && found) return found
    if (status === 'resolved' && (await query(fires)).length === 0) return undefined
    await meanwhile?.()
  }
  throw new Error(`${alert} was not ${status} within ${seconds} s.`)
}
