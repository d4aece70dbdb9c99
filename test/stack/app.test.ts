import { createHash, randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseEnv } from 'node:util'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { down } from '../../src/drill/down.ts'

/** The application in the real stack: what only real dependencies, a real proxy and real signals can show. */
const environment = `ENVIRONMENT=app-test
COMPOSE_PROJECT_NAME=app-test
COMPOSE_FILE=stack/compose.yaml
HTTPS_PORT=127.0.0.1:
HTTP_PORT=127.0.0.1:
APP_URL=https://localhost
TLS_ISSUER=internal
STORE_BACKEND=memstore
HEALTH_INTERVAL=1s
`
const file = 'environments/app-test.env'
const { PATH, HOME, DOCKER_HOST } = process.env
const env = { PATH, HOME, DOCKER_HOST, ...parseEnv(environment) }

const compose = async (...args: string[]) =>
  (await execa('docker', ['compose', ...args], { env, extendEnv: false, timeout: 150_000 })).stdout
const app = async (...args: string[]) =>
  JSON.parse(await compose('run', '--rm', '--no-deps', '-T', 'app', ...args))
const psql = (sql: string) => compose('exec', '-T', 'db', 'psql', '-XAtd', 'app', '-c', sql)

let port: number
// One connection a request: each may reach another container, and none hides a lost one.
const agent = new Agent({ rejectUnauthorized: false })

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer }

function ask(method: string, path: string, body?: string | Buffer, headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent,
      headers: { Host: 'localhost', ...headers },
      timeout: 15_000,
    }
    const sent = request(options, async (response) => {
      try {
        const chunks: Buffer[] = await response.toArray()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      } catch (error) {
        reject(error)
      }
    })
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in 15 s`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

const readJson = ({ body }: Answer) => JSON.parse(body.toString())
const json = { 'Content-Type': 'application/json' }

async function signIn(): Promise<string> {
  const credentials = JSON.stringify({ email: 'reader@example.org', password: 'a shelf of books' })
  const { status, headers } = await ask('POST', '/api/sessions', credentials, json)
  expect(status).toBe(201)
  return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

/** Milliseconds until the answer is `status`, asked every tenth of a second. */
async function waitForReadiness(status: number, limit: number): Promise<Answer> {
  for (const until = Date.now() + limit; ; await sleep(100)) {
    const answer = await ask('GET', '/readyz')
    if (answer.status === status) return answer
    if (Date.now() > until)
      throw new Error(`/readyz: found ${answer.status} ${answer.body}, expected ${status}`)
  }
}

beforeAll(async () => {
  await writeFile(file, environment)
  await compose('up', '-d', '--wait')
  port = Number((await compose('port', 'proxy', '8443')).split(':').at(-1))
  expect(await app('seed')).toEqual({ wanted: 200, added: { users: 1, books: 200, covers: 200 } })
})

afterAll(async () => {
  agent.destroy()
  await compose(...down)
  await rm(file, { force: true })
})

test('seeding twice adds nothing', async () => {
  expect((await app('seed')).added).toEqual({ users: 0, books: 0, covers: 0 })
})

test('a migration that does not say how it is taken back stays', async () => {
  const undone = compose('run', '--rm', '--no-deps', '-T', 'migrate', 'migrate', 'undo')
  await expect(undone).rejects.toThrow(/books-and-users does not say how it is taken back/)
  expect(await psql('select count(*) from migrations')).toBe('1')
  expect(await compose('run', '--rm', '--no-deps', '-T', 'migrate', 'migrate', '--sql')).toBe(
    '-- Nothing is pending.',
  )
})

test('the database role of the application is not a superuser', async () => {
  expect(
    await psql(
      "SELECT rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = 'app'",
    ),
  ).toBe('f')
})

test('a cover comes back as it was sent, under the digest of its bytes', async () => {
  const session = { Cookie: await signIn() }
  const created = readJson(
    await ask('POST', '/api/books', '{"title":"Ein Buch 📖","author":"Ünal"}', { ...session, ...json }),
  )
  const bytes = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(1_500_000)])
  const stored = readJson(await ask('PUT', `/api/books/${created.id}/cover`, bytes, session))
  expect(stored).toMatchObject({ title: 'Ein Buch 📖', cover: { size: bytes.length, type: 'image/png' } })

  const { status, headers, body } = await ask('GET', stored.cover.url)
  expect([status, headers['content-type'], body.equals(bytes)]).toEqual([200, 'image/png', true])
  const again = await ask('GET', stored.cover.url, undefined, { 'If-None-Match': headers.etag })
  expect([again.status, again.body.length]).toEqual([304, 0])
})

test('reconcile lists what one side has and the other has not', async () => {
  const before = await app('reconcile')
  expect(before.counts).toMatchObject({ rowsWithoutObjects: 0, objectsWithoutRows: 0, sizesDiffer: 0 })
  const missing = `covers/${'0'.repeat(64)}`
  const changed = await psql(`UPDATE books SET cover_key = '${missing}', updated_at = updated_at
    WHERE id = (SELECT id FROM books WHERE cover_key IS NOT NULL ORDER BY created_at LIMIT 1) RETURNING id, cover_sha256`)
  const [id, sha256] = changed.split('\n')[0]?.split('|') ?? []
  const after = await app('reconcile')
  expect(after.rowsWithoutObjects).toEqual([{ key: missing, books: [id] }])
  expect(after.objectsWithoutRows).toEqual([expect.objectContaining({ key: `covers/${sha256}` })])
  expect((await ask('GET', `/api/books/${id}/cover`)).status).toBe(404)
  await psql(`UPDATE books SET cover_key = 'covers/' || cover_sha256 WHERE id = '${id}'`)
  expect((await app('reconcile')).counts).toMatchObject({ rowsWithoutObjects: 0, objectsWithoutRows: 0 })
})

test('the maintenance flag stops everything but health, within two seconds', async () => {
  await app('maintenance', 'on')
  await sleep(2000)
  const page = await ask('GET', '/')
  expect([page.status, page.headers['retry-after']]).toEqual([503, '60'])
  expect((await ask('GET', '/readyz')).status).toBe(200)
  await app('maintenance', 'off')
  await sleep(2000)
  expect((await ask('GET', '/')).status).toBe(200)
})

test.each([
  ['cache', 'cache'],
  ['db', 'database'],
  ['pooler', 'database'],
  ['store', 'store'],
])('readiness is 503 within 5 s when %s is stopped, and 200 when it is back', async (service, dependency) => {
  await waitForReadiness(200, 5000)
  await compose('stop', '--timeout', '5', service)
  const answer = await waitForReadiness(503, 5000)
  expect(readJson(answer).failed).toEqual([dependency])
  expect(answer.headers['cache-control']).toBe('no-store')
  await compose('start', service)
  await waitForReadiness(200, 20_000)
})

test('after a store lost everything, reconcile lists every row and seeding repairs the demo data', async () => {
  // A memstore survives a clean stop, not a crash.
  await compose('kill', 'store')
  await compose('start', 'store')
  await waitForReadiness(200, 30_000)
  const { counts } = await app('reconcile')
  expect(counts).toMatchObject({ objects: 0, rowsWithoutObjects: counts.rows })
  expect((await app('seed')).added).toEqual({ users: 0, books: 0, covers: 200 })
  const [id, sha256] = (
    await psql("SELECT id, cover_sha256 FROM books WHERE cover_type = 'image/svg+xml' LIMIT 1")
  ).split('|')
  const cover = await ask('GET', `/api/books/${id}/cover`)
  expect([cover.status, createHash('sha256').update(cover.body).digest('hex')]).toEqual([200, sha256])
})

test('SIGTERM loses no request and ends with 0', async () => {
  const session = { Cookie: await signIn(), ...json }
  const [container = ''] = (await compose('ps', '-q', 'app')).split('\n')
  const written: string[] = []
  const failed: unknown[] = []
  let asked = 0
  let going = true
  // 100 a second for as long as a container goes and comes back; every third one writes.
  const pending: Promise<void>[] = []
  const traffic = (async () => {
    for (; going; await sleep(10)) {
      const write = asked++ % 3 === 0
      const title = `During the stop ${asked}`
      const path = write ? '/api/books' : '/api/books?limit=5'
      const answer = ask(
        write ? 'POST' : 'GET',
        path,
        write ? JSON.stringify({ title, author: 'A' }) : undefined,
        session,
      )
      pending.push(
        answer.then(
          ({ status, body }) => {
            if (status === 201) written.push(title)
            else if (status !== 200) failed.push(`${status} ${body}`)
          },
          (error) => void failed.push(error),
        ),
      )
    }
  })()
  await sleep(1000)
  await execa('docker', ['stop', '--time', '14', container])
  const { stdout: exit } = await execa('docker', ['inspect', '--format', '{{.State.ExitCode}}', container])
  await sleep(1000)
  await execa('docker', ['start', container])
  await sleep(3000)
  going = false
  await traffic
  await Promise.all(pending)

  expect(exit).toBe('0')
  expect(failed).toEqual([])
  expect(asked).toBeGreaterThan(200)
  expect(await psql("SELECT count(*) FROM books WHERE title LIKE 'During the stop %'")).toBe(
    String(written.length),
  )
})

test('a sign-in outlives a restart of the application and of the cache', async () => {
  const session = { Cookie: await signIn() }
  // The append-only file is written once a second.
  await sleep(1100)
  await compose('restart', '--timeout', '5', 'app', 'cache')
  await waitForReadiness(200, 20_000)
  const current = await ask('GET', '/api/sessions/current', undefined, session)
  expect([current.status, readJson(current).user?.email]).toEqual([200, 'reader@example.org'])
})
