import type { Context } from 'hono'
import * as z from 'zod'
import { check, Problem } from './problem.ts'

function text(from: number, to: number) {
  const error = `text of ${from} to ${to} characters, without control characters`
  // PostgreSQL refuses \0, and a title has no line breaks.
  return z
    .string({ error })
    .trim()
    .min(from, { error })
    .max(to, { error })
    .regex(/^\P{Cc}*$/u, { error })
}

const year = 'a whole number from -3000 to 3000, null or nothing'
const bookFields = 'an object of title, author and, optionally, year; nothing else'

export const newBook = z.strictObject(
  {
    title: text(1, 300),
    author: text(1, 200),
    year: z.int({ error: year }).min(-3000, { error: year }).max(3000, { error: year }).nullish(),
  },
  { error: bookFields },
)

const passwordText = 'text of 1 to 200 characters'

export const credentials = z.strictObject(
  {
    email: z.email({ error: 'an e-mail address' }).max(254, { error: 'an e-mail address' }).toLowerCase(),
    password: z
      .string({ error: passwordText })
      .min(1, { error: passwordText })
      .max(200, { error: passwordText }),
  },
  { error: 'an object of email and password; nothing else' },
)

const id = 'the id of a book: a UUID'
const limit = 'a whole number from 1 to 200'

const bookId = z.strictObject({ id: z.guid({ error: id }) })
const page = z.object({
  limit: z.coerce
    .number({ error: limit })
    .int({ error: limit })
    .min(1, { error: limit })
    .max(200, { error: limit })
    .default(50),
  after: z.guid({ error: id }).optional(),
})

export const readBookId = (c: Context): string => check(bookId, { id: c.req.param('id') }).id
export const readPage = (c: Context) => check(page, c.req.query())

/** The JSON type is required: a form on another site cannot send it without asking first. */
export async function readJson<T>(c: Context, schema: z.ZodType<T>, secret: string[] = []): Promise<T> {
  const type = c.req.header('Content-Type')
  if (!/^application\/json\s*(;|$)/i.test(type ?? ''))
    throw new Problem(415, 'The request was not understood. Nothing was changed.', [
      { field: 'Content-Type', found: type ?? 'nothing', expected: 'application/json' },
    ])
  const body = await c.req.text()
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw new Problem(400, 'The request was not understood. Nothing was changed.', [
      { field: 'body', found: body ? (error as Error).message : 'nothing', expected: 'JSON' },
    ])
  }
  return check(schema, value, secret)
}
