import { promises as dns, type LookupAddress } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Log } from './log.ts'

export type Catalogue = {
  /** What it says about a book: null if it knows nothing. Throws if it cannot be asked now. */
  describe(book: { title: string; author: string }): Promise<string | null>
  /** True from the third failure in a row until it has answered again. */
  failing(): boolean
  /** Forgets the failures: the next one who asks is let through. */
  reset(): void
}

export type Result = 'answered' | 'failed' | 'not asked'

/** Milliseconds for one answer: a page waits for it. */
const patience = 800
const failuresBorne = 3
/** Milliseconds after which one who asks is let through, to see whether it answers again. */
const pause = 10_000
const atOnce = 16
const longest = 64 * 1024

/**
 * Somebody else's service, which is asked for `?title=…&author=…` and answers `{"description": "…"}`, or 404. It may be
 * slow, broken or gone, and nothing here may become slow or break with it: whoever asks waits for `patience` at most, and
 * after `failuresBorne` failures in a row nobody asks, but one every `pause`.
 */
export function createCatalogue(address: string, log: Log, count: (result: Result) => void): Catalogue {
  let failures = 0
  let asking = 0
  let notBefore = 0

  return {
    async describe({ title, author }) {
      const now = Date.now()
      if (now < notBefore || asking >= atOnce) {
        count('not asked')
        throw new Error('The catalogue is not asked.')
      }
      if (failures >= failuresBorne) notBefore = now + pause
      asking++
      try {
        const url = new URL(address)
        url.searchParams.set('title', title)
        url.searchParams.set('author', author)
        const description = await ask(url)
        if (failures >= failuresBorne) log.info('the catalogue answers again')
        failures = 0
        notBefore = 0
        count('answered')
        return description
      } catch (error) {
        failures++
        count('failed')
        if (failures === failuresBorne) {
          notBefore = Date.now() + pause
          log.warn({ error: (error as Error).message }, 'the catalogue does not answer')
        }
        throw error
      } finally {
        asking--
      }
    },
    failing: () => failures >= failuresBorne,
    reset() {
      failures = 0
      notBefore = 0
    },
  }
}

async function ask(url: URL): Promise<string | null> {
  const { status, body } = await get(url)
  if (status === 404) return null
  if (status !== 200) throw new Error(`status ${status}`)
  const { description } = JSON.parse(body) as { description?: unknown }
  if (typeof description !== 'string') throw new Error('an answer without a description')
  return description.trim().slice(0, 5000) || null
}

function get(url: URL): Promise<{ status: number; body: string }> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const headers = { Accept: 'application/json' }
  return new Promise((resolve, reject) => {
    const asked = request(url, { lookup, headers, signal: AbortSignal.timeout(patience) }, async (answer) => {
      try {
        const parts: Buffer[] = []
        let length = 0
        for await (const part of answer as AsyncIterable<Buffer>) {
          length += part.length
          if (length > longest) throw new Error(`an answer of more than ${longest} bytes`)
          parts.push(part)
        }
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() })
      } catch (error) {
        reject(error)
      }
    })
    asked.on('error', reject)
    asked.end()
  })
}

/**
 * Not getaddrinfo, which is the default: while a name server hangs, each question would hold one of the four threads that
 * passwords are checked on.
 */
const resolver = new dns.Resolver({ timeout: 300, tries: 2 })
const lookup: LookupFunction = (name, { all }, done) => {
  resolver.resolve4(name).then(
    ([first = '', ...others]) =>
      all
        ? done(
            null,
            [first, ...others].map((address): LookupAddress => ({ address, family: 4 })),
          )
        : done(null, first, 4),
    (error: NodeJS.ErrnoException) => done(error, '', 4),
  )
}
