import { parseArgs } from 'node:util'
import { createCache, waitForCache } from './cache.ts'
import { ConfigError, readConfig } from './config.ts'
import { createLog } from './log.ts'
import { maintenanceKey } from './maintenance.ts'

const usage = `Usage: app COMMAND

  serve                     answers HTTP on PORT until SIGTERM (the default)
  migrate [expand]          applies pending migrations over DATABASE_DIRECT_URL, but none that takes something away
  migrate contract          applies these, too
  migrate undo              takes the newest back, if it says how
  migrate … --sql           only prints the statements
  seed [--books N]          adds what is missing of the demo data: a user and N books with covers (200)
  reconcile                 prints, as JSON, rows without objects and objects without rows
  maintenance on|off|show   sets, removes or shows the maintenance flag in Redis

Exit codes: 0 done, 1 failed, 64 wrong usage, 78 wrong environment.`

/** What is only needed by one command is loaded by it alone. */
async function run([command = 'serve', ...rest]: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: { books: { type: 'string' }, sql: { type: 'boolean' } },
  })
  const [first, ...more] = positionals
  if (more.length > 0 || (first !== undefined && command !== 'maintenance' && command !== 'migrate'))
    throw new UsageError(`unexpected: ${positionals.join(' ')}`)
  if (values.books !== undefined && command !== 'seed')
    throw new UsageError(`--books is for seed, not for ${command}`)
  if (values.sql && command !== 'migrate') throw new UsageError(`--sql is for migrate, not for ${command}`)

  switch (command) {
    case 'serve':
      return (await import('./serve.ts')).serve(readConfig('serve', process.env))
    case 'migrate': {
      const { migrate, show, whats } = await import('./migrate.ts')
      const what = whats.find((each) => each === (first ?? 'expand'))
      if (!what)
        throw new UsageError(
          `migrate: found ${JSON.stringify(first)}, expected ${whats.join(', ')} or nothing`,
        )
      return (values.sql ? show : migrate)(readConfig('migrate', process.env), what)
    }
    case 'seed': {
      const count = readCount(values.books)
      return (await import('./seed.ts')).seed(readConfig('seed', process.env), count)
    }
    case 'reconcile':
      return (await import('./reconcile.ts')).reconcile(readConfig('reconcile', process.env))
    case 'maintenance':
      return maintenance(first)
    case 'help':
    case '--help':
      return console.log(usage)
    default:
      throw new UsageError(`found ${JSON.stringify(command)}, expected a command`)
  }
}

class UsageError extends Error {}

function readCount(text = '200'): number {
  if (!/^\d{1,7}$/.test(text))
    throw new UsageError(`--books: found ${JSON.stringify(text)}, expected a number up to 9999999`)
  return Number(text)
}

async function maintenance(action: string | undefined): Promise<void> {
  if (action !== 'on' && action !== 'off' && action !== 'show')
    throw new UsageError(`maintenance: found ${action ?? 'nothing'}, expected on, off or show`)
  const config = readConfig('maintenance', process.env)
  const cache = createCache(config.REDIS_URL, createLog(config.LOG_LEVEL, 2))
  try {
    await waitForCache(cache)
    if (action === 'on') await cache.set(maintenanceKey, new Date().toISOString())
    if (action === 'off') await cache.remove(maintenanceKey)
    const since = await cache.get(maintenanceKey)
    console.log(JSON.stringify({ maintenance: since === null ? 'off' : 'on', since }))
  } finally {
    cache.close()
  }
}

function exitCode(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error(error.message)
    return 78
  }
  const code = (error as { code?: string }).code ?? ''
  if (error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    return 64
  }
  createLog('info', 2).error({ err: error }, 'failed')
  return 1
}

// One more JSON line, instead of a stack trace in many; then the container is started anew.
process.on('uncaughtException', (error) => process.exit(exitCode(error)))

try {
  await run(process.argv.slice(2))
} catch (error) {
  // Not exitCode: a connection that is still open would keep a failed process alive.
  process.exit(exitCode(error))
}
