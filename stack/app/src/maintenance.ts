import type { Cache } from './cache.ts'
import type { Log } from './log.ts'

export const maintenanceKey = 'maintenance'

export type Maintenance = { active(): boolean; stop(): void }

/**
 * Maintenance is on when the environment says so or while the flag is set in Redis. The flag is read once a second,
 * not per request; while Redis is away the last known state holds.
 */
export function createMaintenance(always: boolean, cache: Cache, log: Log): Maintenance {
  let flagged = false
  async function read() {
    try {
      const next = (await cache.get(maintenanceKey)) !== null
      if (next !== flagged) log.info({ maintenance: next }, next ? 'maintenance began' : 'maintenance ended')
      flagged = next
    } catch {
      // Readiness reports that the cache is away.
    }
  }
  const timer = setInterval(read, 1000).unref()
  return { active: () => always || flagged, stop: () => clearInterval(timer) }
}
