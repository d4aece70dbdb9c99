import type { ConfigOf } from './config.ts'
import { coverPrefix } from './covers.ts'
import { createDatabase, type Database, waitForDatabase } from './database.ts'
import { createLog } from './log.ts'
import { createStore, type StoredObject } from './store.ts'

/** All books that name one object. Two sizes mean that a row is wrong. */
export type NamedObject = { key: string; minSize: number; maxSize: number; books: string[]; updated: Date }

export type Report = {
  startedAt: string
  counts: Record<
    'rows' | 'objects' | 'rowsWithoutObjects' | 'objectsWithoutRows' | 'sizesDiffer' | 'changing',
    number
  >
  rowsWithoutObjects: { key: string; books: string[] }[]
  objectsWithoutRows: { key: string; size: number; modified: string }[]
  sizesDiffer: { key: string; size: number; expected: number; books: string[] }[]
}

const batchSize = 5000

/** Prints as JSON which rows name objects that are not in the store, and which objects no row names. Changes nothing. */
export async function reconcile(config: ConfigOf<'reconcile'>): Promise<void> {
  const log = createLog(config.LOG_LEVEL, 2)
  const database = createDatabase(config.DATABASE_URL, log)
  const store = createStore(config)
  try {
    // The pooler remembers for a second that the database did not answer: after a restart it would refuse at once.
    await waitForDatabase(database)
    const [clock] = await database.query<{ now: Date }>('SELECT now()')
    const report = await compare(namedObjects(database), store.list(coverPrefix), clock?.now ?? new Date())
    console.log(JSON.stringify(report, null, 2))
  } finally {
    await database.close()
    store.close()
  }
}

/**
 * Walks both sides in the order of their keys, so memory holds the differences and never the whole. What was written
 * after `start` may be seen on one side only: it is counted as changing, and not reported.
 */
export async function compare(
  rows: AsyncIterable<NamedObject>,
  objects: AsyncIterable<StoredObject>,
  start: Date,
): Promise<Report> {
  const report: Report = {
    startedAt: start.toISOString(),
    counts: {
      rows: 0,
      objects: 0,
      rowsWithoutObjects: 0,
      objectsWithoutRows: 0,
      sizesDiffer: 0,
      changing: 0,
    },
    rowsWithoutObjects: [],
    objectsWithoutRows: [],
    sizesDiffer: [],
  }
  const { counts } = report
  for await (const [row, object] of pair(rows, objects)) {
    counts.rows += row?.books.length ?? 0
    counts.objects += object ? 1 : 0
    if (row && object) {
      if (row.minSize === object.size && row.maxSize === object.size) continue
      const expected = row.minSize === object.size ? row.maxSize : row.minSize
      report.sizesDiffer.push({ key: row.key, size: object.size, expected, books: row.books })
    } else if ((row?.updated ?? object?.modified ?? start) >= start) counts.changing++
    else if (row) report.rowsWithoutObjects.push({ key: row.key, books: row.books })
    else if (object)
      report.objectsWithoutRows.push({
        key: object.key,
        size: object.size,
        modified: object.modified.toISOString(),
      })
  }
  counts.rowsWithoutObjects = report.rowsWithoutObjects.reduce((n, { books }) => n + books.length, 0)
  counts.objectsWithoutRows = report.objectsWithoutRows.length
  counts.sizesDiffer = report.sizesDiffer.length
  return report
}

async function* pair(rows: AsyncIterable<NamedObject>, objects: AsyncIterable<StoredObject>) {
  const left = rows[Symbol.asyncIterator]()
  const right = objects[Symbol.asyncIterator]()
  let [row, object] = await Promise.all([left.next(), right.next()])
  while (!row.done || !object.done) {
    const order = row.done
      ? 1
      : object.done
        ? -1
        : Buffer.compare(Buffer.from(row.value.key), Buffer.from(object.value.key))
    yield [order <= 0 ? row.value : undefined, order >= 0 ? object.value : undefined] as [
      NamedObject?,
      StoredObject?,
    ]
    const last = [row, object] as const
    if (order <= 0) row = await left.next()
    if (order >= 0 && !last[1].done) object = await right.next()
  }
}

/** Page by page by key: a cursor would need the session that the pooler does not give. */
async function* namedObjects(database: Database): AsyncGenerator<NamedObject> {
  for (let after = ''; ; ) {
    const rows = await database.query<NamedObject>(
      `SELECT cover_key AS key, min(cover_size) AS "minSize", max(cover_size) AS "maxSize",
              array_agg(id ORDER BY id) AS books, min(updated_at) AS updated
       FROM books WHERE cover_key > $1 GROUP BY cover_key ORDER BY cover_key LIMIT $2`,
      [after, batchSize],
    )
    yield* rows
    if (rows.length < batchSize) return
    after = rows.at(-1)?.key ?? ''
  }
}
