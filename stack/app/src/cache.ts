import { Redis, ReplyError } from 'ioredis'
import type { Log } from './log.ts'
import { Unavailable } from './unavailable.ts'

export type Cache = {
  get(key: string): Promise<string | null>
  set(key: string, value: string, seconds?: number): Promise<void>
  remove(key: string): Promise<void>
  /** Adds one to a counter that vanishes `seconds` after its first count. */
  count(key: string, seconds: number): Promise<number>
  ping(): Promise<void>
  close(): void
}

/** Fails fast: while Redis is away, a command is refused at once instead of waiting in a queue. */
export function createCache(url: string, log: Log): Cache {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1500,
    commandTimeout: 1500,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
    // After a failover the old primary answers READONLY: connect again, to whatever the name means by then.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  let down = false
  redis.on('error', (error: Error) => {
    if (!down) log.warn({ error: error.message || error.name }, 'the cache is away')
    down = true
  })
  redis.on('ready', () => {
    if (down) log.info('the cache is back')
    down = false
  })

  async function ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command()
    } catch (error) {
      const refused =
        error instanceof ReplyError &&
        !/^(LOADING|READONLY|MASTERDOWN|OOM|MISCONF)/.test((error as Error).message)
      throw refused ? error : new Unavailable('cache', error)
    }
  }

  return {
    get: (key) => ask(() => redis.get(key)),
    async set(key, value, seconds) {
      await ask(() => (seconds ? redis.set(key, value, 'EX', seconds) : redis.set(key, value)))
    },
    async remove(key) {
      await ask(() => redis.del(key))
    },
    async count(key, seconds) {
      const replies = await ask(() => redis.multi().incr(key).expire(key, seconds, 'NX').exec())
      return Number(replies?.[0]?.[1] ?? 0)
    },
    async ping() {
      await redis.ping()
    },
    close: () => redis.disconnect(),
  }
}

/** For who has just connected: waits until Redis can be asked, for at most three seconds. */
export async function waitForCache(cache: Cache): Promise<void> {
  for (const until = Date.now() + 3000; ; await new Promise((done) => setTimeout(done, 50))) {
    try {
      return await cache.ping()
    } catch (error) {
      if (Date.now() > until) throw new Unavailable('cache', error)
    }
  }
}
