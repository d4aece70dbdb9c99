import type { Cache } from './cache.ts'

export type Flag = { isSet(): boolean; stop(): void }

/**
 * Whether a key is in Redis. Read once a second, not per request; while Redis is away the last known state holds.
 * `changed` is called when it has become another one.
 */
export function watchFlag(cache: Cache, key: string, changed: (set: boolean) => void): Flag {
  let set = false
  async function read() {
    try {
      const next = (await cache.get(key)) !== null
      if (next === set) return
      set = next
      changed(next)
    } catch {
      // Readiness reports that the cache is away.
    }
  }
  const timer = setInterval(read, 1000).unref()
  return { isSet: () => set, stop: () => clearInterval(timer) }
}
