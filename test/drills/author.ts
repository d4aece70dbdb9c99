/** A user who adds books to the shelf, through the front door, and remembers what the application has promised. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tools } from './stack.ts'

export interface Author {
  /**
   * Ends the writing. Throws if a book is gone that was accepted, or none ever was; takes the others off the shelf again,
   * so that it is as it was. Resolves to how many books were not accepted.
   */
  stop(): Promise<number>
}

/** The demo data's user; public, like the data. */
export const reader = { email: 'reader@example.org', password: 'a shelf of books' }

/** Resolves to the cookie of a new session of the demo user. */
export async function signIn({ http }: Tools, milliseconds = 20_000): Promise<string> {
  const { status, body, cookies } = await http('/api/sessions', {
    method: 'POST',
    body: reader,
    milliseconds,
  })
  if (status !== 201) throw new Error(`The demo user cannot sign in: ${status} ${body}`)
  return cookies.join('; ')
}

export async function startWriting(tools: Tools): Promise<Author> {
  const { http, sql } = tools
  const cookie = await signIn(tools)
  const accepted: string[] = []
  let refused = 0
  let ended = false
  const written = (async () => {
    while (!ended) {
      const body = { title: `Written during the drill ${accepted.length}`, author: 'A drill' }
      // Patient: what is given up here may be written all the same, later.
      const asking = { method: 'POST', body, cookie, milliseconds: 60_000 }
      const answer = await http('/api/books', asking).catch(() => undefined)
      if (answer?.status === 201) accepted.push((JSON.parse(answer.body) as { id: string }).id)
      else refused++
      await sleep(200)
    }
  })()
  return {
    async stop() {
      ended = true
      await written
      const kept = (await sql`delete from books where author = 'A drill' returning id`).split('\n')
      const gone = accepted.filter((id) => !kept.includes(id))
      if (gone.length > 0)
        throw new Error(
          `${gone.length} of ${accepted.length} books are gone that the application had accepted`,
        )
      if (accepted.length === 0) throw new Error('The application never accepted a book.')
      return refused
    },
  }
}
