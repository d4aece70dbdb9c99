/** Users of the shelf while something is done to it: so many requests a second, of which every tenth writes. */
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { Outlier } from '#drill'
import { signIn } from './author.ts'
import type { OnStack, Scene } from './releases.ts'
import type { Tools } from './stack.ts'

export interface Load {
  answers: { began: number; ms: number; path: string; status: number | string; said: string }[]
  /** Ends it. Throws if a book is gone that was accepted; takes the others off the shelf again. */
  stop(): Promise<void>
}

const loads = new Map<string, Load>()
export const loadOf = ({ stack }: OnStack): Load => {
  const load = loads.get(stack.name)
  if (!load) throw new Error('There is no load.')
  return load
}

/** So many may wait for their answer. A machine that cannot follow would fill its memory with the others. */
const mostOpen = 1000

/** Requests begin on time, whether earlier ones have been answered or not. All on one session, begun before. */
export async function startLoad(scene: OnStack & Tools, rate: number): Promise<void> {
  const { stack, sql } = scene
  const cookie = await signIn(scene)
  const [host = '', port] = (stack.entries.HTTPS_PORT ?? '').split(':')
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  const headers = { host: 'localhost', cookie }
  const answers: Load['answers'] = []
  const accepted: string[] = []
  const open = new Set<Promise<void>>()

  const ask = (n: number) => {
    const write = n % 10 === 0
    const path = write ? '/api/books' : (['/api/books?limit=3', '/api/sessions/current'][n % 2] as string)
    const body = write ? JSON.stringify({ title: `Written under load ${n}`, author: 'Load' }) : undefined
    const began = Date.now()
    const start = performance.now()
    if (open.size >= mostOpen) {
      answers.push({
        began,
        ms: 0,
        path,
        status: 'not sent',
        said: `${mostOpen} others wait for their answer`,
      })
      return Promise.resolve()
    }
    return new Promise<void>((resolve) => {
      const end = (status: number | string, said = '') => {
        const ms = performance.now() - start
        answers.push({ began, ms, path: write ? `POST ${path}` : path, status, said })
        resolve()
      }
      const asked = request(
        {
          ...{
            agent,
            host,
            port,
            path,
            servername: 'localhost',
            method: write ? 'POST' : 'GET',
            timeout: 20_000,
          },
          headers: {
            ...headers,
            ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
          },
        },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (part: string) => {
            text += part
          })
          answer.on('end', () => {
            if (answer.statusCode === 201) accepted.push((JSON.parse(text) as { id: string }).id)
            end(answer.statusCode ?? 0, (answer.statusCode ?? 0) < 400 ? '' : text.slice(0, 80))
          })
          answer.on('error', (error) => end(error.message))
        },
      )
      asked.on('timeout', () => asked.destroy(new Error('no answer')))
      asked.on('error', (error) => end(error.message))
      asked.end(body)
    })
  }

  let ended = false
  const running = (async () => {
    const start = performance.now()
    for (let n = 1; !ended && n < rate * 300; n++) {
      const wait = start + (n * 1000) / rate - performance.now()
      if (wait > 0) await sleep(wait)
      const asked: Promise<void> = ask(n).finally(() => open.delete(asked))
      open.add(asked)
    }
  })()
  loads.set(stack.name, {
    answers,
    async stop() {
      if (ended) return
      ended = true
      await running
      await Promise.all(open)
      agent.destroy()
      const kept = new Set((await sql`delete from books where author = 'Load' returning id`).split('\n'))
      const gone = accepted.filter((id) => !kept.has(id))
      if (gone.length > 0) throw new Error(`${gone.length} of ${accepted.length} accepted books are gone.`)
      if (accepted.length === 0) throw new Error('No book was accepted.')
    },
  })
  // What comes first finds cold caches, and is not what `asQuickAs` compares with.
  await sleep(2000)
  answers.length = 0
  await sleep(8000)
}

const wanted = ({ path, status }: Load['answers'][number]) => status === (path.startsWith('POST') ? 201 : 200)
const p99 = (answers: Load['answers']) =>
  answers.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(answers.length * 0.99)] ?? 0

/** Ends the load. Throws if a request failed that `except` does not name. */
export async function noneFailed(
  scene: Scene,
  except: (answer: Load['answers'][number]) => boolean = () => false,
) {
  const load = loadOf(scene)
  await load.stop()
  const failed = load.answers.filter((answer) => !wanted(answer) && !except(answer))
  const [first] = failed
  if (first)
    throw new Error(
      `${failed.length} of ${load.answers.length} requests failed: ${first.path} ${first.status} ${first.said}`,
    )
  return load.answers.filter((answer) => !wanted(answer)).length
}

/** Throws an `Outlier` if users had to wait longer from one moment to another than before: p99 over twice as long, and over 250 ms more. */
export function asQuickAs(scene: Scene, from: number, to: number): void {
  const { answers } = loadOf(scene)
  const before = p99(answers.filter(({ began }) => began < from))
  const since = p99(answers.filter(({ began }) => began >= from && began < to))
  if (since > Math.max(2 * before, before + 250))
    throw new Outlier(`99 % took up to ${Math.round(before)} ms before, and ${Math.round(since)} ms since.`)
}
