import { expect, test } from 'vitest'
import type { Cache } from '../../stack/app/src/cache.ts'
import type { Database } from '../../stack/app/src/database.ts'
import { createDescriptions, descriptionsOffKey } from '../../stack/app/src/descriptions.ts'
import { createApp, type Parts } from '../../stack/app/src/http.ts'
import { createLog } from '../../stack/app/src/log.ts'
import { createMetrics } from '../../stack/app/src/metrics.ts'
import { createReadiness } from '../../stack/app/src/readiness.ts'
import { Unavailable } from '../../stack/app/src/unavailable.ts'

const user = { id: '00000000-0000-8000-8000-000000000001', email: 'reader@example.org', name: 'Reader' }
const up = async () => {}

function memoryCache(): Cache {
  const values = new Map<string, string>()
  return {
    get: async (key) => values.get(key) ?? null,
    set: async (key, value) => void values.set(key, value),
    remove: async (key) => void values.delete(key),
    count: async (key) => {
      const next = Number(values.get(key) ?? 0) + 1
      values.set(key, String(next))
      return next
    },
    ping: up,
    close: () => {},
  }
}

/** The application with nothing behind it: what it answers before any dependency is asked. */
function start(given: Partial<Parts> = {}) {
  const database: Database = {
    query: async () => {
      throw new Unavailable('database', new Error('connect ECONNREFUSED'))
    },
    ping: up,
    connections: () => ({ idle: 0, busy: 0, waiting: 0 }),
    close: up,
  }
  const none = () => Promise.reject(new Error('not here'))
  const store = { size: none, put: none, get: none, list: () => none() as never, ping: up, close: () => {} }
  const parts: Parts = {
    config: {
      APP_URL: 'https://books.example.org',
      APP_SECRET: 's'.repeat(32),
      APP_SECRET_PREVIOUS: undefined,
      APP_VERSION: '1.2.3',
      APP_COMMIT: 'abcdef0',
    },
    log: createLog('error', 2),
    metrics: createMetrics(database, '1.2.3', 'abcdef0'),
    database,
    cache: memoryCache(),
    store,
    readiness: createReadiness({ database: up, cache: up, store: up }),
    maintenance: { active: () => false, stop: () => {} },
    descriptions: undefined,
    draining: () => false,
    ...given,
  }
  return createApp(parts)
}

const json = (body: unknown, headers = {}) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** Signs in with a user that the database is made to know. */
async function signedIn(given: Partial<Parts> = {}) {
  const { hashPassword } = await import('../../stack/app/src/passwords.ts')
  const password_hash = await hashPassword('right')
  const database = {
    query: async () => [{ ...user, password_hash }],
    ping: up,
    connections: () => ({ idle: 0, busy: 0, waiting: 0 }),
    close: up,
  } as unknown as Database
  const app = start({ database, ...given })
  const response = await app.request(
    '/api/sessions',
    json({ email: 'Reader@Example.org', password: 'right' }),
  )
  return { app, response, cookie: response.headers.get('Set-Cookie')?.split(';')[0] ?? '' }
}

test('readiness that fails is a 503 that names what failed, and is never cached', async () => {
  const down = () => Promise.reject(new Error('gone'))
  const app = start({ readiness: createReadiness({ database: up, cache: down, store: up }) })
  const response = await app.request('/readyz')
  expect(response.status).toBe(503)
  expect(response.headers.get('Cache-Control')).toBe('no-store')
  expect(await response.json()).toMatchObject({ ready: false, failed: ['cache'] })
  expect((await app.request('/livez')).status).toBe(200)
})

test('while stopping: not ready, closes connections, still serves', async () => {
  const app = start({ draining: () => true })
  expect((await app.request('/readyz')).status).toBe(503)
  const response = await app.request('/version')
  expect(response.headers.get('Connection')).toBe('close')
  expect(await response.json()).toEqual({ version: '1.2.3', commit: 'abcdef0' })
})

test('maintenance: 503 with Retry-After for all but operations', async () => {
  const app = start({ maintenance: { active: () => true, stop: () => {} } })
  for (const path of ['/', '/api/books', '/api/books/x/cover', '/nowhere']) {
    const response = await app.request(path)
    expect([path, response.status, response.headers.get('Retry-After')]).toEqual([path, 503, '60'])
  }
  for (const path of ['/livez', '/readyz', '/metrics', '/version'])
    expect((await app.request(path)).status).toBe(200)
  expect(await (await app.request('/')).text()).toContain('come back in a few minutes')
})

/** A shelf with one book, and a catalogue that is not there. */
function withoutCatalogue(cache = memoryCache()) {
  const row = { id: user.id, title: 'A book', author: 'A', year: null, cover_key: null }
  const database = { query: async () => [row], connections: () => ({}) } as unknown as Database
  const descriptions = createDescriptions('http://127.0.0.1:1', cache, createLog('error', 2), () => {})
  const app = start({ database, cache, descriptions })
  const readJson = async (path: string) => {
    const response = await app.request(path)
    return [response.status, await response.json()]
  }
  return { app, readJson }
}
const missing = { description: null, message: 'Descriptions are not available at the moment.' }

test('a catalogue that is away costs descriptions, and nothing else', async () => {
  const { app, readJson } = withoutCatalogue()
  expect(await readJson('/readyz')).toMatchObject([200, { degraded: [] }])
  for (let n = 0; n < 4; n++)
    expect(await readJson(`/api/books/${user.id}/description`)).toEqual([200, missing])
  expect(await readJson('/readyz')).toMatchObject([
    200,
    {
      ready: true,
      failed: [],
      degraded: [{ feature: 'descriptions', why: 'the catalogue does not answer' }],
    },
  ])
  const page = await app.request(`/books/${user.id}`)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(missing.message)])
  expect(await (await app.request('/metrics')).text()).toContain(
    'app_feature_degraded{feature="descriptions"} 1',
  )
})

test('descriptions are switched off by a flag, within a second or so', async () => {
  const cache = memoryCache()
  const { readJson } = withoutCatalogue(cache)
  await cache.set(descriptionsOffKey, 'now')
  const degraded = async () => (await readJson('/readyz'))[1].degraded
  await expect.poll(degraded, { timeout: 3000 }).toEqual([{ feature: 'descriptions', why: 'switched off' }])
  expect(await readJson(`/api/books/${user.id}/description`)).toEqual([200, missing])
  await cache.remove(descriptionsOffKey)
  await expect.poll(degraded, { timeout: 3000 }).toEqual([])
})

test('without a catalogue nobody is told of descriptions', async () => {
  const row = { id: user.id, title: 'A book', author: 'A', year: 1999, cover_key: null }
  const database = { query: async () => [row], connections: () => ({}) } as unknown as Database
  const app = start({ database })
  expect((await app.request(`/api/books/${user.id}/description`)).status).toBe(404)
  const page = await (await app.request(`/books/${user.id}`)).text()
  expect(page).toContain('A · 1999')
  expect(page).not.toContain('escription')
})

test('a request id is kept if harmless, replaced if not', async () => {
  const idFor = async (id: string) =>
    (await start().request('/livez', { headers: { 'X-Request-Id': id } })).headers.get('X-Request-Id')
  expect(await idFor('01J.a:b-c_d')).toBe('01J.a:b-c_d')
  for (const id of ["a*/';DROP", 'a b', 'x'.repeat(129)]) expect(await idFor(id)).toMatch(/^[0-9a-f-]{36}$/)
})

test('a dependency that is away is a 503, not a 500', async () => {
  const response = await start().request('/api/books')
  expect(response.status).toBe(503)
  expect(response.headers.get('Retry-After')).toBe('5')
  expect(await response.json()).toMatchObject({ detail: 'The database does not answer.' })
})

test('a wrong request is told what was found and what was expected', async () => {
  const { app, cookie } = await signedIn()
  const response = await app.request(
    '/api/books',
    json({ title: '', year: 1.5, pages: 3 }, { Cookie: cookie }),
  )
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    problems: [
      { field: 'title', found: '""', expected: 'text of 1 to 300 characters, without control characters' },
      {
        field: 'author',
        found: 'nothing',
        expected: 'text of 1 to 200 characters, without control characters',
      },
      { field: 'year', found: '1.5', expected: 'a whole number from -3000 to 3000, null or nothing' },
      { field: 'body', found: 'unknown: "pages"' },
    ],
  })
  expect((await app.request('/api/books?limit=0')).status).toBe(400)
  expect((await app.request('/api/books/1')).status).toBe(400)
  const broken = await app.request('/api/books', { ...json(0, { Cookie: cookie }), body: '{' })
  expect(await broken.json()).toMatchObject({ status: 400, problems: [{ field: 'body', expected: 'JSON' }] })
})

test('a form cannot write, and a large body is refused', async () => {
  const { app, cookie } = await signedIn()
  const form = await app.request('/api/books', {
    method: 'POST',
    headers: { Cookie: cookie },
    body: 'title=x',
  })
  expect(form.status).toBe(415)
  const large = await app.request(
    '/api/books',
    json({ title: 'x'.repeat(70_000), author: 'y' }, { Cookie: cookie }),
  )
  expect(large.status).toBe(413)
})

test('the session cookie is signed, unreadable for scripts and kept from other sites', async () => {
  const { app, response, cookie } = await signedIn()
  expect(response.status).toBe(201)
  expect(response.headers.get('Set-Cookie')).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
  const current = (value: string) => app.request('/api/sessions/current', { headers: { Cookie: value } })
  expect(await (await current(cookie)).json()).toEqual({ user })
  expect((await current(cookie.replace('=', '=x'))).status).toBe(401)
  expect((await current('')).status).toBe(401)
  await app.request('/api/sessions/current', { method: 'DELETE', headers: { Cookie: cookie } })
  expect((await current(cookie)).status).toBe(401)
})

test('a session outlives the rotation of the secret', async () => {
  const cache = memoryCache()
  const { cookie } = await signedIn({ cache })
  const config = {
    APP_URL: 'https://books.example.org',
    APP_SECRET: 'n'.repeat(32),
    APP_SECRET_PREVIOUS: 's'.repeat(32),
    APP_VERSION: '1',
    APP_COMMIT: '1',
  }
  const ask = (app: ReturnType<typeof start>) =>
    app.request('/api/sessions/current', { headers: { Cookie: cookie } })
  const during = await ask(start({ cache, config }))
  expect(during.status).toBe(200)
  const after = start({ cache, config: { ...config, APP_SECRET_PREVIOUS: undefined } })
  expect((await ask(after)).status).toBe(401)
  // Who came back during the rotation has a new signature.
  const signed = (during.headers.get('Set-Cookie') ?? '').split(';')[0] ?? ''
  const again = await after.request('/api/sessions/current', { headers: { Cookie: signed } })
  expect(again.status).toBe(200)
  expect(again.headers.get('Set-Cookie')).toBeNull()
})

test('guessing a password ends after twenty tries', async () => {
  const cache = memoryCache()
  const { app } = await signedIn({ cache })
  await cache.set(`failed-sign-ins:${user.email}`, '19')
  const guess = () => app.request('/api/sessions', json({ email: user.email, password: 'wrong' }))
  expect((await guess()).status).toBe(401)
  expect((await guess()).status).toBe(429)
})

test('changing the shelf needs a session', async () => {
  const app = start()
  const id = user.id
  expect((await app.request('/api/books', json({ title: 'T', author: 'A' }))).status).toBe(401)
  expect((await app.request(`/api/books/${id}/cover`, { method: 'PUT', body: 'x' })).status).toBe(401)
})

test('what is written on the page is text, never markup', async () => {
  const evil = '<script>alert(1)</script>'
  const row = {
    id: user.id,
    title: evil,
    author: evil,
    year: null,
    created_at: new Date(),
    cover_key: null,
    count: 1,
  }
  const database = { query: async () => [row], connections: () => ({}) } as unknown as Database
  const app = start({ database })
  const response = await app.request('/')
  const text = await response.text()
  expect(text).not.toContain('<script')
  expect(text).toContain('&lt;script&gt;')
  expect(text).toContain('Version 1.2.3')
  expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
})

test('metrics count requests by route, not by address', async () => {
  const app = start()
  await app.request('/api/books/1')
  await app.request('/api/books/2')
  await app.request('/nowhere/1')
  const text = await (await app.request('/metrics')).text()
  expect(text).toContain('http_requests_total{method="GET",route="/api/books/:id",status="400"} 2')
  expect(text).toContain('http_requests_total{method="GET",route="none",status="404"} 1')
  expect(text).toContain('app_info{version="1.2.3",commit="abcdef0"} 1')
})
