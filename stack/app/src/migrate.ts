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

/** What may be done to the schema. */
export const whats = ['expand', 'contract', 'undo'] as const
export type What = (typeof whats)[number]

/** Migrations that take something away: only when no version that needs it is served any more, and when told so. */
const contracts = '.*\\.contract\\.sql'

/**
 * Applies what is pending, each migration in a transaction of its own; without the contracting ones, unless it is the
 * first start. A migration that waits for a lock blocks all who come after it: so it gives up after a second, lets
 * them pass, and tries again for a minute.
 */
export async function migrate(config: ConfigOf<'migrate'>, what: What): Promise<void> {
  const log = createLog(config.LOG_LEVEL, 2)
  const until = Date.now() + patience
  for (let attempt = 1; ; attempt++) {
    try {
      const done = await connected(config, (client) => run(client, what, log))
      console.log(JSON.stringify({ [what === 'undo' ? 'undone' : 'applied']: done }))
      return
    } catch (error) {
      if (!mayPass(error) || Date.now() > until) throw error
      log.warn({ attempt, error: (error as Error).message }, 'the database is busy or starting; trying again')
      const pause = codeOf(error) === lockNotAvailable ? 4000 : 1000
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/** Prints the SQL that would be executed, and executes none of it. */
export async function show(config: ConfigOf<'migrate'>, what: What): Promise<void> {
  const log = createLog(config.LOG_LEVEL, 2)
  const statements: string[] = []
  const names = await connected(config, (client) => run(client, what, log, statements))
  console.log(names.length > 0 ? statements.join('\n').trim() : '-- Nothing is pending.')
}

async function connected<T>(config: ConfigOf<'migrate'>, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: config.DATABASE_DIRECT_URL,
    application_name: 'migrate',
    connectionTimeoutMillis: 5000,
  })
  await client.connect()
  try {
    await client.query("SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '60s'")
    return await use(client)
  } finally {
    await client.end()
  }
}

/** The names of the migrations, in the order in which they run. With `statements` they do not run. */
async function run(client: pg.Client, what: What, log: Log, statements?: string[]): Promise<string[]> {
  if (!directory) throw new Error('The folder of the migrations is missing beside the program.')
  // The library's own log repeats the statement of a failure; ours has it from the thrown error.
  const logger = {
    info: (m: string) => log.debug(m),
    warn: (m: string) => log.warn(m),
    error: (m: string) => log.debug(m),
    debug: (m: string) => statements?.push(m.trim()),
  }
  const all = what !== 'expand' || (await isNew(client))
  const ran = await runner({
    dbClient: client,
    dir: directory,
    direction: what === 'undo' ? 'down' : 'up',
    migrationsTable: 'migrations',
    singleTransaction: false,
    advisoryLockMode: 'wait',
    // An expansion may be younger than a contraction that still waits.
    checkOrder: false,
    dryRun: statements !== undefined,
    verbose: statements !== undefined,
    ...(all ? {} : { ignorePattern: `\\..*|${contracts}` }),
    logger,
  }).catch((error: Error) => {
    const [, name] = /^User has disabled down migration on file: (.+)/.exec(error.message) ?? []
    throw name
      ? new Error(`${name} does not say how it is taken back. Restore to a moment before it instead.`)
      : error
  })
  return ran.map(({ name }) => name)
}

/** Nothing serves on it yet. */
async function isNew(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query("SELECT to_regclass('migrations') IS NULL AS is_new")
  return rows[0].is_new
}

const codeOf = (error: unknown) => (error as { code?: string }).code ?? ''

function mayPass(error: unknown): boolean {
  const code = codeOf(error)
  return (
    code === lockNotAvailable || code.startsWith('57P') || /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/.test(code)
  )
}
