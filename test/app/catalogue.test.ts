import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { createCatalogue } from '../../stack/app/src/catalogue.ts'
import { createLog } from '../../stack/app/src/log.ts'

const book = { title: 'Ein Buch & mehr', author: 'Ünal' }
const closing: (() => void)[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const close of closing.splice(0)) close()
})

/** Somebody else's service, with an answer that can be exchanged. */
async function startCatalogue(first: RequestListener) {
  const service = { answer: first, asked: 0 }
  const server = createServer((request, response) => {
    service.asked++
    service.answer(request, response)
  }).listen(0, '127.0.0.1')
  closing.push(() => server.close().closeAllConnections())
  await once(server, 'listening')
  const counts: string[] = []
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/describe?key=1`
  const catalogue = createCatalogue(address, createLog('error', 2), (result) => counts.push(result))
  return { service, catalogue, counts }
}

const answers: RequestListener = (_, response) => response.end('{"description": " A good one. "}')
const breaks: RequestListener = (_, response) => response.writeHead(500).end()
const hangs: RequestListener = () => {}

test('is asked for title and author, and its answer is plain text', async () => {
  let url = ''
  const { catalogue } = await startCatalogue((request, response) => {
    url = request.url ?? ''
    answers(request, response)
  })
  expect(await catalogue.describe(book)).toBe('A good one.')
  expect(Object.fromEntries(new URL(url, 'http://x').searchParams)).toEqual({ key: '1', ...book })
})

test('a book that it does not know is no failure', async () => {
  const { catalogue, counts } = await startCatalogue((_, response) => response.writeHead(404).end())
  for (let n = 0; n < 5; n++) expect(await catalogue.describe(book)).toBeNull()
  expect([catalogue.failing(), counts]).toEqual([false, Array(5).fill('answered')])
})

test.each<[string, RequestListener]>([
  ['an error', breaks],
  ['no JSON', (_, response) => response.end('<html>')],
  ['no description', (_, response) => response.end('{}')],
  ['a description without end', (_, response) => response.end('x'.repeat(100_000))],
  ['a connection that breaks', (request) => request.socket.destroy()],
])('%s is a failure, and after three nobody asks', async (_, answer) => {
  const { catalogue, service, counts } = await startCatalogue(answer)
  for (let n = 0; n < 5; n++) await expect(catalogue.describe(book)).rejects.toThrow()
  expect([catalogue.failing(), service.asked]).toEqual([true, 3])
  expect(counts).toEqual(['failed', 'failed', 'failed', 'not asked', 'not asked'])
})

test('nobody waits longer than a second for one that hangs', async () => {
  const { catalogue } = await startCatalogue(hangs)
  const start = Date.now()
  await expect(catalogue.describe(book)).rejects.toThrow()
  expect(Date.now() - start).toBeLessThan(1000)
})

test('a crowd does not wait either: so many ask at once, and no more', async () => {
  const { catalogue, counts } = await startCatalogue(hangs)
  await Promise.allSettled(Array.from({ length: 100 }, () => catalogue.describe(book)))
  expect(counts.filter((result) => result === 'failed')).toHaveLength(16)
})

test('after a pause one asks, and when it answers all do', async () => {
  const { catalogue, service, counts } = await startCatalogue(breaks)
  for (let n = 0; n < 3; n++) await expect(catalogue.describe(book)).rejects.toThrow()
  service.answer = answers
  await expect(catalogue.describe(book)).rejects.toThrow()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_001 })
  counts.length = 0
  const crowd = await Promise.allSettled([1, 2, 3].map(() => catalogue.describe(book)))
  expect(crowd.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect([catalogue.failing(), await catalogue.describe(book)]).toEqual([false, 'A good one.'])
})

test('failures can be forgotten', async () => {
  const { catalogue, service } = await startCatalogue(breaks)
  for (let n = 0; n < 3; n++) await expect(catalogue.describe(book)).rejects.toThrow()
  service.answer = answers
  catalogue.reset()
  expect(await catalogue.describe(book)).toBe('A good one.')
})
