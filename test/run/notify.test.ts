/** The webhook, against a server of this machine. */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stamp } from '../../src/run/journal.ts'
import type { Event } from '../../src/run/journal-schema.ts'
import { type Notification, notifier } from '../../src/run/notify.ts'

async function server(answer: RequestListener) {
  const requests: { method?: string; type?: string; body: Notification }[] = []
  const serving = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const { method = '', headers } = request
      requests.push({ method, type: headers['content-type'] ?? '', body: JSON.parse(body) })
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => serving.listen(0, '127.0.0.1', resolve))
  const { port } = serving.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook?token=t`,
    requests,
    async [Symbol.asyncDispose]() {
      serving.closeAllConnections()
      await new Promise((resolve) => serving.close(resolve))
    },
  }
}

function told(url: string | undefined, patience = 5000) {
  const notices: string[] = []
  const entries: Record<string, string> = url === undefined ? {} : { NOTIFY_WEBHOOK: url }
  const environment = { name: 'production', file: 'environments/production.env', disposable: false, entries }
  const facts = { run: 'r', runbook: 'restore', title: 'Restore' }
  const { listen, close } = notifier(environment, facts, (text) => notices.push(text), patience)
  return { listen, close, notices }
}

const operator = { who: 'ada@laptop', host: 'laptop', pid: 1 }
const events: Event[] = [
  stamp({
    ...{ event: 'run-start', ...operator, run: 'r', runbook: 'restore', title: 'Restore' },
    ...{ environment: 'production', params: {}, secrets: [], plan: [], commit: null },
  }),
  stamp({ event: 'step-start', step: 'one', title: 'One' }),
  stamp({ event: 'step-end', step: 'one', result: 'done', seconds: 1 }),
  stamp({ event: 'step-end', step: 'two', result: 'failed', seconds: 1, error: 'It broke.' }),
  stamp({ event: 'run-end', result: 'failed', exit: 1, seconds: 2, error: 'It broke.' }),
]

test('is told of the start, the failure and the end, in that order', async () => {
  await using hook = await server((_, response) => void response.writeHead(204).end())
  const { listen, close, notices } = told(hook.url)
  for (const event of events) listen(event)
  await close()
  const about = { v: 1, run: 'r', runbook: 'restore', title: 'Restore', environment: 'production' }
  expect(hook.requests.map(({ body: { at, ...body } }) => body)).toEqual([
    {
      ...{ ...about, who: 'ada@laptop', event: 'start', resumed: false },
      text: 'Restore on production: started by ada@laptop (r)',
    },
    {
      ...{ ...about, who: 'ada@laptop', event: 'failure', step: 'two', undo: false, error: 'It broke.' },
      text: 'Restore on production: the step “two” failed: It broke. (r)',
    },
    {
      ...{ ...about, who: 'ada@laptop', event: 'finish', result: 'failed', exit: 1, seconds: 2 },
      ...{ error: 'It broke.', text: 'Restore on production: failed: It broke. (r)' },
    },
  ])
  expect(hook.requests.map(({ body }) => body.at)).toEqual(
    [events[0], events[3], events[4]].map((e) => e?.at),
  )
  expect(hook.requests[0]).toMatchObject({ method: 'POST', type: 'application/json' })
  expect(notices).toEqual([])
})

test('is told nothing that its page does not name', async () => {
  await using hook = await server((_, response) => void response.end())
  const { listen, close } = told(hook.url)
  for (const event of events) listen(event)
  await close()
  const page = readFileSync(join(import.meta.dirname, '../../docs/running/notifications.md'), 'utf8')
  const named = page
    .split('\n')
    // Its other tables are of variables, in capitals.
    .flatMap((line) => (/^\| `[a-z]/.test(line) ? (line.split('|')[1] ?? '').match(/\w+/g) : []))
  const sent = hook.requests.flatMap(({ body }) => Object.keys(body))
  expect(new Set(named)).toEqual(new Set(sent))
})

test('is told that a run was taken up again', async () => {
  await using hook = await server((_, response) => void response.end('ok'))
  const { listen, close } = told(hook.url)
  listen(stamp({ event: 'run-resume', ...operator, run: 'r', from: 'two' }))
  await close()
  expect(hook.requests[0]?.body).toMatchObject({
    event: 'start',
    resumed: true,
    text: 'Restore on production: taken up again by ada@laptop (r)',
  })
})

test.each([
  ['that fails', (_, response) => void response.writeHead(500).end(), 'HTTP 500'],
  ['that sends elsewhere', (_, r) => void r.writeHead(302, { location: 'http://x/' }).end(), 'HTTP 302'],
  ['that hangs up', (_, response) => void response.socket?.destroy(), 'ECONNRESET'],
  ['that never answers', () => {}, 'no answer in time'],
] as [string, RequestListener, string][])('%s is said once, without its address', async (_, answer, why) => {
  await using hook = await server(answer)
  const { listen, close, notices } = told(hook.url, 300)
  const began = performance.now()
  for (const event of events) listen(event)
  expect(performance.now() - began).toBeLessThan(100)
  await close()
  expect(performance.now() - began).toBeLessThan(1500)
  expect(notices).toEqual([`The webhook was not told (${why}). The run goes on.`])
})

test.each([
  ['nowhere', 'NOTIFY_WEBHOOK is no address'],
  ['ftp://x/', 'ftp:// is neither http nor https'],
  ['http://127.0.0.1:1/', 'ECONNREFUSED'],
])('at %s is said, too', async (url, why) => {
  const { listen, close, notices } = told(url)
  for (const event of events) listen(event)
  await close()
  expect(notices).toEqual([`The webhook was not told (${why}). The run goes on.`])
})

test('that is not named is not told', async () => {
  const { listen, close, notices } = told(undefined)
  for (const event of events) listen(event)
  await close()
  expect(notices).toEqual([])
})
