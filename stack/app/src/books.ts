import type { Cover } from './covers.ts'
import type { Database } from './database.ts'

export type NewBook = { title: string; author: string; year?: number | null | undefined }
export type Book = {
  id: string
  title: string
  author: string
  year: number | null
  createdAt: Date
  cover: Cover | null
}

type BookRow = {
  id: string
  title: string
  author: string
  year: number | null
  created_at: Date
  cover_key: string | null
  cover_sha256: string | null
  cover_size: number | null
  cover_type: string | null
}

const columns = 'id, title, author, year, created_at, cover_key, cover_sha256, cover_size, cover_type'

function toBook(row: BookRow): Book {
  const { cover_key: key, cover_sha256: sha256, cover_size: size, cover_type: type } = row
  const cover = key && sha256 && size !== null && type ? { key, sha256, size, type } : null
  return {
    id: row.id,
    title: row.title,
    author: row.author,
    year: row.year,
    createdAt: row.created_at,
    cover,
  }
}

/** One statement is one transaction: when this resolves, the row is committed and, by default, on disk. */
export async function addBook(database: Database, book: NewBook, userId: string): Promise<Book> {
  const rows = await database.query<BookRow>(
    `INSERT INTO books (title, author, year, created_by) VALUES ($1, $2, $3, $4) RETURNING ${columns}`,
    [book.title, book.author, book.year ?? null, userId],
  )
  return toBook(rows[0] as BookRow)
}

export async function findBook(database: Database, id: string): Promise<Book | undefined> {
  const [row] = await database.query<BookRow>(`SELECT ${columns} FROM books WHERE id = $1`, [id])
  return row && toBook(row)
}

/** Newest first. `after` is the id of the last book of the page before. */
export async function listBooks(database: Database, limit: number, after?: string): Promise<Book[]> {
  const rows = await database.query<BookRow>(
    `SELECT ${columns} FROM books
     WHERE $2::uuid IS NULL OR (created_at, id) < (SELECT b.created_at, b.id FROM books b WHERE b.id = $2)
     ORDER BY created_at DESC, id DESC LIMIT $1`,
    [limit, after ?? null],
  )
  return rows.map(toBook)
}

/** Exact up to `limit`, so that a large shelf is not counted for every visitor. */
export async function countBooks(database: Database, limit: number): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM (SELECT FROM books LIMIT $1) AS shelf',
    [limit],
  )
  return row?.count ?? 0
}

export async function setCover(database: Database, id: string, cover: Cover): Promise<Book | undefined> {
  const [row] = await database.query<BookRow>(
    `UPDATE books SET cover_key = $2, cover_sha256 = $3, cover_size = $4, cover_type = $5, updated_at = now()
     WHERE id = $1 RETURNING ${columns}`,
    [id, cover.key, cover.sha256, cover.size, cover.type],
  )
  return row && toBook(row)
}
