import type { ConfigOf } from './config.ts'
import { coverPrefix, describeCover } from './covers.ts'
import { createDatabase, type Database } from './database.ts'
import { type DemoBook, demoBook, demoId } from './demo-books.ts'
import { createLog } from './log.ts'
import { hashPassword } from './passwords.ts'
import { createStore, type Store } from './store.ts'

/** Public on purpose: exists only where `seed` was run. */
export const demoUser = {
  id: demoId('reader'),
  email: 'reader@example.org',
  name: 'Demo Reader',
  password: 'a shelf of books',
}

const batchSize = 500
const uploadsAtOnce = 8

/** Adds what is missing of the demo data and changes nothing that is there. Prints what it added as JSON. */
export async function seed(config: ConfigOf<'seed'>, count: number): Promise<void> {
  const log = createLog(config.LOG_LEVEL, 2)
  const database = createDatabase(config.DATABASE_URL, log)
  const store = createStore(config)
  try {
    const users = await addUser(database)
    const present = new Set<string>()
    for await (const { key } of store.list(coverPrefix)) present.add(key)
    let books = 0
    let covers = 0
    for (let from = 0; from < count; from += batchSize) {
      const batch = Array.from({ length: Math.min(batchSize, count - from) }, (_, i) => demoBook(from + i))
      // Objects before rows: a row never names an object that is not there.
      covers += await uploadMissing(store, batch, present)
      books += await addBooks(database, batch)
    }
    console.log(JSON.stringify({ wanted: count, added: { users, books, covers } }))
  } finally {
    await database.close()
    store.close()
  }
}

async function addUser(database: Database): Promise<number> {
  const hash = await hashPassword(demoUser.password, Buffer.from(demoUser.id.slice(0, 16)))
  const added = await database.query(
    `INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, '2024-01-01Z')
     ON CONFLICT DO NOTHING RETURNING id`,
    [demoUser.id, demoUser.email, demoUser.name, hash],
  )
  return added.length
}

async function uploadMissing(store: Store, books: DemoBook[], present: Set<string>): Promise<number> {
  const missing = books.filter(({ cover }) => !present.has(describeCover(cover, 'image/svg+xml').key))
  const queue = missing.values()
  async function work() {
    for (const { cover } of queue) {
      const { key, type } = describeCover(cover, 'image/svg+xml')
      await store.put(key, cover, type)
      present.add(key)
    }
  }
  await Promise.all(Array.from({ length: uploadsAtOnce }, work))
  return missing.length
}

async function addBooks(database: Database, books: DemoBook[]): Promise<number> {
  const covers = books.map(({ cover }) => describeCover(cover, 'image/svg+xml'))
  const added = await database.query(
    `INSERT INTO books (id, title, author, year, created_at, updated_at, cover_key, cover_sha256, cover_size, cover_type)
     SELECT id, title, author, year, created_at, created_at, cover_key, cover_sha256, cover_size, 'image/svg+xml'
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::text[], $7::text[], $8::int[])
       AS demo (id, title, author, year, created_at, cover_key, cover_sha256, cover_size)
     ON CONFLICT DO NOTHING RETURNING id`,
    [
      books.map((b) => b.id),
      books.map((b) => b.title),
      books.map((b) => b.author),
      books.map((b) => b.year),
      books.map((b) => b.createdAt),
      covers.map((c) => c.key),
      covers.map((c) => c.sha256),
      covers.map((c) => c.size),
    ],
  )
  return added.length
}
