import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import { addBook, type Book, countBooks, findBook, listBooks, setCover } from './books.ts'
import type { Cache } from './cache.ts'
import type { ConfigOf } from './config.ts'
import { coverLimit, describeCover, sniffType } from './covers.ts'
import type { Database } from './database.ts'
import type { Descriptions } from './descriptions.ts'
import { credentials, newBook, readBookId, readJson, readPage } from './input.ts'
import { currentRequest, type Log } from './log.ts'
import type { Maintenance } from './maintenance.ts'
import type { Metrics } from './metrics.ts'
import { bookPage, messagePage, pagePolicy, shelfPage } from './page.ts'
import { checkPassword } from './passwords.ts'
import { Problem } from './problem.ts'
import type { Readiness } from './readiness.ts'
import { createSessions, type User } from './sessions.ts'
import type { Store } from './store.ts'
import { Unavailable } from './unavailable.ts'

export type Parts = {
  config: Pick<
    ConfigOf<'serve'>,
    'APP_URL' | 'APP_SECRET' | 'APP_SECRET_PREVIOUS' | 'APP_VERSION' | 'APP_COMMIT'
  >
  log: Log
  metrics: Metrics
  database: Database
  cache: Cache
  store: Store
  readiness: () => Promise<Readiness>
  maintenance: Maintenance
  /** Undefined: there is no catalogue to ask. */
  descriptions: Descriptions | undefined
  /** True from SIGTERM on. */
  draining: () => boolean
}

type Env = { Variables: { requestId: string; user: User } }

const operations = new Set(['/livez', '/readyz', '/metrics', '/version'])
const failedSignIns = { limit: 20, seconds: 300 }
const pageSize = 48
const countLimit = 10_000

export function createApp(parts: Parts): Hono<Env> {
  const app = new Hono<Env>()
  app.use(observe(parts))
  app.use(maintain(parts))
  app.onError((error, c) => answerError(parts, error, c))
  app.notFound((c) => sendProblem(c, new Problem(404, `There is no ${c.req.method} ${c.req.path}.`)))
  addOperations(app, parts)
  addSessions(app, parts)
  addBooks(app, parts)
  addPages(app, parts)
  return app
}

/** Request id, metrics and one log line for every request. */
function observe({ log, metrics, draining }: Parts) {
  return createMiddleware<Env>(async (c, next) => {
    const given = c.req.header('X-Request-Id')
    // The id goes into SQL comments and logs: anything but these characters is replaced by a new id.
    const id = given && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
    c.set('requestId', id)
    const start = performance.now()
    metrics.inFlight.inc()
    await currentRequest.run({ id }, async () => {
      try {
        await next()
      } finally {
        metrics.inFlight.dec()
        const seconds = (performance.now() - start) / 1000
        const matched = routePath(c, -1)
        const route = matched === '/*' ? 'none' : matched
        const { method } = c.req
        const { status } = c.res
        metrics.requests.inc({ method, route, status })
        metrics.duration.observe({ method, route }, seconds)
        if (status >= 500) metrics.errors.inc({ method, route, status })
        const level = operations.has(c.req.path) ? 'debug' : 'info'
        log[level]({ method, path: c.req.path, route, status, ms: Math.round(seconds * 1000) }, 'request')
      }
    })
    c.header('X-Request-Id', id)
    c.header('X-Content-Type-Options', 'nosniff')
    // Tells the proxy to open its next connection elsewhere.
    if (draining()) c.header('Connection', 'close')
  })
}

function maintain({ maintenance, metrics, config }: Parts) {
  return createMiddleware<Env>(async (c, next) => {
    const active = maintenance.active()
    metrics.maintenance.set(active ? 1 : 0)
    if (!active || operations.has(c.req.path)) return next()
    const message = 'We are working on the shelf. Nothing is lost; please come back in a few minutes.'
    const headers = { 'Retry-After': '60', 'Cache-Control': 'no-store' }
    if (c.req.path.startsWith('/api/')) return sendProblem(c, new Problem(503, message, [], headers))
    return c.html(messagePage('Maintenance', message, `Version ${config.APP_VERSION}`), 503, {
      ...headers,
      'Content-Security-Policy': pagePolicy,
    })
  })
}

function answerError({ log }: Parts, error: Error, c: Context): Response {
  if (error instanceof Problem) return sendProblem(c, error)
  if (error instanceof Unavailable) {
    const cause = error.cause instanceof Error ? error.cause.message || error.cause.name : error.cause
    log.warn({ dependency: error.dependency, error: cause }, 'a dependency is not available')
    return sendProblem(
      c,
      new Problem(503, `The ${error.dependency} does not answer.`, [], { 'Retry-After': '5' }),
    )
  }
  log.error({ err: error }, 'a request failed')
  return sendProblem(
    c,
    new Problem(500, 'Something went wrong here. The log has the details under the request id.'),
  )
}

function sendProblem(c: Context, { status, message, problems, headers }: Problem): Response {
  const body = {
    status,
    detail: message,
    ...(problems.length > 0 ? { problems } : {}),
    requestId: c.get('requestId'),
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  })
}

/** What machines ask. The proxy does not pass /metrics on to the outside. */
function addOperations(app: Hono<Env>, parts: Parts) {
  const { config, log, metrics, readiness, draining, maintenance, descriptions } = parts
  const fresh = { 'Cache-Control': 'no-store' }
  let lastFailed = ''
  app.get('/livez', (c) => c.json({ alive: true }, 200, fresh))
  app.get('/readyz', async (c) => {
    if (draining()) return c.json({ ready: false, failed: ['draining'] }, 503, fresh)
    const { ready, checks } = await readiness()
    const names = Object.keys(checks) as (keyof typeof checks)[]
    for (const dependency of names) metrics.dependency.set({ dependency }, checks[dependency].ok ? 1 : 0)
    const failed = names.filter((name) => !checks[name].ok)
    // Once per change: probes come every second.
    if (failed.join() !== lastFailed)
      log[ready ? 'info' : 'warn']({ failed, checks }, ready ? 'ready' : 'not ready')
    lastFailed = failed.join()
    const degraded = descriptions?.degraded() ?? []
    const answer = { ready, failed, checks, degraded, maintenance: maintenance.active() }
    return c.json(answer, ready ? 200 : 503, fresh)
  })
  app.get('/metrics', async (c) => {
    if (descriptions)
      metrics.degraded.set({ feature: 'descriptions' }, descriptions.degraded().length > 0 ? 1 : 0)
    const headers = { ...fresh, 'Content-Type': metrics.registry.contentType }
    return c.body(await metrics.registry.metrics(), 200, headers)
  })
  app.get('/version', (c) => c.json({ version: config.APP_VERSION, commit: config.APP_COMMIT }, 200, fresh))
}

function addSessions(app: Hono<Env>, { config, database, cache, metrics }: Parts) {
  const sessions = createSessions(cache, config)

  app.post('/api/sessions', limitBody(16 * 1024), async (c) => {
    const { email, password } = await readJson(c, credentials, ['password'])
    // Counted by account: addresses behind one proxy share fate, and a guess costs us 16 MiB of scrypt.
    const tries = `failed-sign-ins:${email}`
    if (Number(await cache.get(tries)) >= failedSignIns.limit) {
      metrics.signIns.inc({ result: 'limited' })
      throw new Problem(429, 'Too many failed sign-ins. Try again later.', [], {
        'Retry-After': `${failedSignIns.seconds}`,
      })
    }
    type Row = User & { password_hash: string }
    const [row] = await database.query<Row>(
      'SELECT id, email, name, password_hash FROM users WHERE email = $1',
      [email],
    )
    if (!(await checkPassword(password, row?.password_hash)) || !row) {
      metrics.signIns.inc({ result: 'refused' })
      await cache.count(tries, failedSignIns.seconds)
      throw new Problem(401, 'The e-mail address or the password is not right.')
    }
    const user = { id: row.id, email: row.email, name: row.name }
    await sessions.start(c, user)
    metrics.signIns.inc({ result: 'accepted' })
    return c.json({ user }, 201, { 'Cache-Control': 'no-store' })
  })

  app.get('/api/sessions/current', async (c) => {
    const user = await sessions.current(c)
    if (!user) throw notSignedIn()
    return c.json({ user }, 200, { 'Cache-Control': 'no-store' })
  })

  app.delete('/api/sessions/current', async (c) => {
    await sessions.end(c)
    return c.body(null, 204)
  })

  // Reading the shelf is open to everybody; changing it is not.
  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], '/api/books/*', async (c, next) => {
    const user = await sessions.current(c)
    if (!user) throw notSignedIn()
    c.set('user', user)
    return next()
  })
}

const notSignedIn = () => new Problem(401, 'Sign in first: POST /api/sessions with email and password.')

function addBooks(app: Hono<Env>, { database, store, metrics, descriptions }: Parts) {
  app.get('/api/books', async (c) => {
    const { limit, after } = readPage(c)
    const books = await listBooks(database, limit, after)
    return c.json({ books: books.map(toJson), next: books.length === limit ? books.at(-1)?.id : null })
  })

  app.post('/api/books', limitBody(64 * 1024), async (c) => {
    const book = await addBook(database, await readJson(c, newBook), c.get('user').id)
    metrics.booksAdded.inc()
    return c.json(toJson(book), 201, { Location: `/api/books/${book.id}` })
  })

  app.get('/api/books/:id', async (c) => c.json(toJson(await existing(readBookId(c)))))

  // 200 also while the catalogue is away: nothing of ours is broken, and a 5xx would call for a rollback.
  app.get('/api/books/:id/description', async (c) => {
    if (!descriptions) throw new Problem(404, 'This shelf has no catalogue that describes books.')
    const book = await existing(readBookId(c))
    return c.json(await descriptions.of(book), 200, { 'Cache-Control': 'no-store' })
  })

  app.put('/api/books/:id/cover', limitBody(coverLimit), async (c) => {
    const id = readBookId(c)
    await existing(id)
    const bytes = new Uint8Array(await c.req.arrayBuffer())
    const type = sniffType(bytes)
    if (!type)
      throw new Problem(400, 'The cover was not understood. Nothing was changed.', [
        {
          field: 'body',
          found: describeBytes(bytes),
          expected: 'the bytes of a PNG, JPEG, WebP or SVG image',
        },
      ])
    const cover = describeCover(bytes, type)
    // The object first: a row never names an object that is not there.
    if ((await store.size(cover.key)) !== cover.size) await store.put(cover.key, bytes, type)
    const book = await setCover(database, id, cover)
    if (!book) throw noSuchBook(id)
    metrics.coversStored.inc()
    return c.json(toJson(book))
  })

  app.get('/api/books/:id/cover', async (c) => {
    const { id, cover } = await existing(readBookId(c))
    if (!cover) throw new Problem(404, `The book ${id} has no cover.`)
    const version = c.req.query('v')
    const etag = `"${cover.sha256}"`
    const headers = {
      ETag: etag,
      // An address that names the content may be kept for ever.
      'Cache-Control':
        version && cover.sha256.startsWith(version) ? 'public, max-age=31536000, immutable' : 'no-cache',
      // An SVG is a document: opened by itself it must not run scripts as this site.
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    const known = c.req
      .header('If-None-Match')
      ?.split(',')
      .map((tag) => tag.trim().replace(/^W\//, ''))
    if (known?.includes(etag) || known?.includes('*')) return c.body(null, 304, headers)
    const whole = { ...headers, 'Content-Type': cover.type, 'Content-Length': String(cover.size) }
    if (c.req.method === 'HEAD') return c.body(null, 200, whole)
    const stream = await store.get(cover.key)
    if (!stream)
      throw new Problem(
        404,
        `The file of the cover is gone: ${cover.key}. The command reconcile lists such books.`,
      )
    return c.body(stream, 200, whole)
  })

  const existing = (id: string) => existingBook(database, id)
}

async function existingBook(database: Database, id: string): Promise<Book> {
  const book = await findBook(database, id)
  if (!book) throw noSuchBook(id)
  return book
}

const noSuchBook = (id: string) => new Problem(404, `There is no book ${id}.`)

function toJson({ cover, ...book }: Book) {
  return {
    ...book,
    cover: cover && { ...cover, url: `/api/books/${book.id}/cover?v=${cover.sha256.slice(0, 16)}` },
  }
}

function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing'
  return `${bytes.length} bytes that begin with ${Buffer.from(bytes.subarray(0, 8)).toString('hex')}`
}

function addPages(app: Hono<Env>, { config, database, descriptions }: Parts) {
  const { APP_VERSION: version, APP_COMMIT: commit } = config
  app.get('/', async (c) => {
    const { after } = readPage(c)
    const [books, count] = await Promise.all([
      listBooks(database, pageSize + 1, after),
      countBooks(database, countLimit),
    ])
    const shown = books.slice(0, pageSize)
    const next = books.length > pageSize ? shown.at(-1)?.id : undefined
    return c.html(shelfPage({ books: shown, count, countLimit, next, version, commit }), 200, {
      'Content-Security-Policy': pagePolicy,
      'Cache-Control': 'no-cache',
    })
  })

  app.get('/books/:id', async (c) => {
    const book = await existingBook(database, readBookId(c))
    const description = await descriptions?.of(book)
    return c.html(bookPage({ book, description, version, commit }), 200, {
      'Content-Security-Policy': pagePolicy,
      'Cache-Control': 'no-cache',
    })
  })
}

function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: (c) => {
      const found = c.req.header('Content-Length')
      throw new Problem(413, 'The request is too large. Nothing was changed.', [
        { field: 'body', found: found ? `${found} bytes` : 'more', expected: `at most ${maxSize} bytes` },
      ])
    },
  })
}
