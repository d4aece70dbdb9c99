import type { Cache } from './cache.ts'
import { watchFlag } from './flag.ts'
import type { Log } from './log.ts'

export const maintenanceKey = 'maintenance'

export type Maintenance = { active(): boolean; stop(): void }

/** Maintenance is on when the environment says so or while the flag is set in Redis. */
export function createMaintenance(always: boolean, cache: Cache, log: Log): Maintenance {
  const flag = watchFlag(cache, maintenanceKey, (maintenance) =>
    log.info({ maintenance }, maintenance ? 'maintenance began' : 'maintenance ended'),
  )
  return { active: () => always || flag.isSet(), stop: flag.stop }
}
