import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { currentRequest, type Log } from './log.ts'
import { Unavailable } from './unavailable.ts'

type Row = Record<string, unknown>

export type Database = {
  query<R extends Row>(text: string, values?: unknown[]): Promise<R[]>
  /** Answers whether the database answers, on a connection of its own: a busy pool is not a dead database. */
  ping(): Promise<void>
  connections(): { idle: number; busy: number; waiting: number }
  close(): Promise<void>
}

/**
 * A pool that goes through PgBouncer in transaction mode: no SET, no LISTEN, no named statements, no advisory locks
 * across statements. Time limits are kept by the client, since PgBouncer refuses start-up parameters.
 */
export function createDatabase(url: string, log: Log): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'app',
    max: 10,
    connectionTimeoutMillis: 3000,
    query_timeout: 10_000,
    idleTimeoutMillis: 30_000,
  })
  const probe = new pg.Pool({
    connectionString: url,
    application_name: 'app-readiness',
    max: 1,
    connectionTimeoutMillis: 1500,
    query_timeout: 1500,
  })
  // Without a listener, an idle connection that the server closes ends the process.
  for (const p of [pool, probe])
    p.on('error', (error) => log.warn({ error: error.message }, 'an idle database connection was lost'))

  return {
    async query<R extends Row>(text: string, values: unknown[] = []) {
      try {
        return (await pool.query<R>(withRequest(text), values)).rows
      } catch (error) {
        throw isUnavailable(error) ? new Unavailable('database', error) : error
      }
    },
    async ping() {
      await probe.query('SELECT 1')
    },
    connections: () => ({
      idle: pool.idleCount,
      busy: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
    }),
    async close() {
      await Promise.all([pool.end(), probe.end()])
    },
  }
}

/** For commands, which connect once: waits until the database can be asked, for at most thirty seconds. */
export async function waitForDatabase(database: Pick<Database, 'ping'>, seconds = 30): Promise<void> {
  for (const until = Date.now() + seconds * 1000; ; await sleep(250)) {
    try {
      return await database.ping()
    } catch (error) {
      if (!isUnavailable(error)) throw error
      if (Date.now() > until) throw new Unavailable('database', error)
    }
  }
}

/** A slow statement in the database's log names the request that sent it. Ids are checked before they get here. */
function withRequest(text: string): string {
  const id = currentRequest.getStore()?.id
  return id ? `${text} /*request_id='${id}'*/` : text
}

// 08: connection; 53: too many connections, disk full; 57P: shutting down, starting; 58: I/O; 25006: read-only standby.
const unavailableStates = /^(08|53|57P|58|25006)/

function isUnavailable(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return unavailableStates.test(error.code ?? '')
  // Errors of the socket, of DNS and of pg's own timeouts carry no SQL state; our own mistakes are of these types.
  return error instanceof Error && !(error instanceof TypeError || error instanceof RangeError)
}
