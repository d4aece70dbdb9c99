import type { Server } from 'node:http'
import { Server as Listener } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { createCache, waitForCache } from './cache.ts'
import type { ConfigOf } from './config.ts'
import { createDatabase } from './database.ts'
import { createDescriptions } from './descriptions.ts'
import { createApp } from './http.ts'
import { createLog, type Log } from './log.ts'
import { createMaintenance } from './maintenance.ts'
import { createMetrics } from './metrics.ts'
import { createReadiness } from './readiness.ts'
import { createStore } from './store.ts'

/** Serves until SIGTERM. Starts without its dependencies: /readyz says when they are there. */
export async function serve(config: ConfigOf<'serve'>): Promise<void> {
  const { APP_VERSION: version, APP_COMMIT: commit } = config
  const log = createLog(config.LOG_LEVEL, 1, { version })
  const database = createDatabase(config.DATABASE_URL, log)
  const cache = createCache(config.REDIS_URL, log)
  const store = createStore(config)
  const maintenance = createMaintenance(config.MAINTENANCE === 'on', cache, log)
  const metrics = createMetrics(database, version, commit)
  const descriptions =
    config.CATALOGUE_URL === undefined
      ? undefined
      : createDescriptions(config.CATALOGUE_URL, cache, log, (result) => metrics.catalogue.inc({ result }))
  const readiness = createReadiness({ database: database.ping, cache: cache.ping, store: store.ping })
  let draining = false
  const app = createApp({
    config,
    log,
    metrics,
    database,
    cache,
    store,
    readiness,
    maintenance,
    descriptions,
    draining: () => draining,
  })
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  // Far longer than the second that the proxy keeps an idle connection: or it sends a request into a closing one.
  server.keepAliveTimeout = 130_000
  server.headersTimeout = 10_000
  server.requestTimeout = 60_000
  // Whoever opens the port is asked at once. A cache that stays away is for /readyz to report.
  await waitForCache(cache).catch(() => undefined)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.PORT, resolve)
  })
  log.info({ port: config.PORT, commit, ms: Math.round(performance.now()) }, 'serving')

  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => resolve(name))
  })
  draining = true
  log.info({ signal }, 'stopping: no new connections, and the open ones are closed with their next answer')
  await stopServing(server, log)
  maintenance.stop()
  cache.close()
  store.close()
  // A database that hangs would not say goodbye.
  await Promise.race([database.close(), sleep(1000)])
  log.info('stopped')
  process.exit(0)
}

/**
 * A connection that is refused is tried elsewhere, whatever was asked; one that is closed while a POST comes in is not. So
 * none is closed from here that the proxy could still use: it gives up by itself what was idle for a second.
 */
async function stopServing(server: Server, log: Log): Promise<void> {
  // Not the server's own `close`, which closes idle connections, too.
  const closed = new Promise((resolve) => Listener.prototype.close.call(server, resolve))
  await sleep(3000)
  server.closeIdleConnections()
  // Requests that still run get eight seconds; a container is given fifteen in all.
  const impatient = setTimeout(() => {
    log.warn('requests were still running and are cut off')
    server.closeAllConnections()
  }, 8000)
  await closed
  clearTimeout(impatient)
}
