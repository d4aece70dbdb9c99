/** `pnpm runbook …`. What a subcommand needs is loaded when it is needed: `--help` must be quick at 3 am. */
import { enableCompileCache } from 'node:module'

enableCompileCache()

// Who looked on is gone (a closed terminal, `| head`): what has begun goes on, and its journal with it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const [first = '', ...rest] = process.argv.slice(2)

async function main(): Promise<number> {
  switch (first) {
    case 'check':
      return (await import('./check.ts')).check(rest)
    case 'show':
      return (await import('./show.ts')).show(rest)
    case 'status':
      return (await import('./status.ts')).status(rest)
    case 'history':
      return (await import('./history.ts')).history(rest)
    case 'report':
      return (await import('./report.ts')).report(rest)
    case 'resume':
      return (await import('./resume.ts')).resume(rest)
    case 'undo':
      return (await import('./undo.ts')).undo(rest)
    case 'unlock':
      return (await import('./unlock.ts')).unlock(rest)
    case 'completion':
      return (await import('./completion.ts')).completion(rest)
    case 'help':
      return rest[0] ? (await import('./help.ts')).help(rest[0]) : (await import('./usage.ts')).usage()
    case '--help':
    case '-h':
      return (await import('./usage.ts')).usage()
    case 'list':
      return (await import('./list.ts')).list(rest)
    default:
      if (first === '' || first === '--json') return (await import('./list.ts')).list(process.argv.slice(2))
      if (rest.includes('--help') || rest.includes('-h')) return (await import('./help.ts')).help(first)
      return (await import('./play.ts')).play(process.argv.slice(2))
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  process.exitCode = (await import('./print-error.ts')).printError(error)
}
