import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import type { ConfigOf } from './config.ts'
import { createLog, type Log } from './log.ts'

// Beside the bundle in the image, one folder up in the source.
const directory = ['./migrations/', '../migrations/']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync)

const lockNotAvailable = '55P03'
const patience = 60_000

/**
 * Applies what is pending, each migration in a transaction of its own. A migration that waits for a lock blocks all
 * who come after it: so it gives up after a few seconds, lets them pass, and tries again for a minute.
 */
export async function migrate(config: ConfigOf<'migrate'>): Promise<void> {
  const log = createLog(config.LOG_LEVEL, 2)
  const until = Date.now() + patience
  for (let attempt = 1; ; attempt++) {
    try {
      const applied = await applyPending(config.DATABASE_DIRECT_URL, log)
      console.log(JSON.stringify({ applied }))
      return
    } catch (error) {
      if (!mayPass(error) || Date.now() > until) throw error
      log.warn({ attempt, error: (error as Error).message }, 'the database is busy or starting; trying again')
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
}

async function applyPending(connectionString: string, log: Log): Promise<string[]> {
  if (!directory) throw new Error('The folder of the migrations is missing beside the program.')
  const client = new pg.Client({
    connectionString,
    application_name: 'migrate',
    connectionTimeoutMillis: 5000,
  })
  // The library's own log repeats the statement of a failure; ours has it from the thrown error.
  const logger = {
    info: (m: string) => log.debug(m),
    warn: (m: string) => log.warn(m),
    error: (m: string) => log.debug(m),
  }
  await client.connect()
  try {
    await client.query("SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s'")
    const applied = await runner({
      dbClient: client,
      dir: directory,
      direction: 'up',
      migrationsTable: 'migrations',
      singleTransaction: false,
      advisoryLockMode: 'wait',
      logger,
    })
    return applied.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

function mayPass(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? ''
  return (
    code === lockNotAvailable || code.startsWith('57P') || /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/.test(code)
  )
}
