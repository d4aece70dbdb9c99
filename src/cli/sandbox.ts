/** `pnpm sandbox up|down|status|reset`. */
import { enableCompileCache } from 'node:module'
import { loadEnvironment, SANDBOX } from '../run/environment.ts'
import { UsageError } from '../run/errors.ts'
import { sandboxDown, sandboxStatus, sandboxUp } from '../run/sandbox.ts'
import { readArgs } from './args.ts'
import { printError } from './print-error.ts'
import { findRoot } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { didYouMean } from './suggest.ts'
import { table } from './text.ts'
import { sandboxUsage } from './usage.ts'

enableCompileCache()

async function main(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { flags: ['help'], words: 1 })
  refuseArgs(args, 'pnpm sandbox --help')
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  const [action = ''] = args.words
  if (args.flags.has('help') || action === '') {
    process.stdout.write(sandboxUsage)
    return 0
  }
  const root = findRoot()
  const environment = loadEnvironment(root, SANDBOX)
  switch (action) {
    case 'up':
      await sandboxUp(root, environment, say)
      return 0
    case 'down':
      await sandboxDown(root, environment, say)
      return 0
    case 'reset':
      await sandboxDown(root, environment, say)
      await sandboxUp(root, environment, say)
      return 0
    case 'status': {
      const containers = await sandboxStatus(root, environment)
      say(
        containers.length === 0
          ? 'The sandbox is down. Start it: pnpm sandbox up'
          : table(containers.map(({ service, state, health }) => [service, state, health])),
      )
      return 0
    }
    default: {
      const near = didYouMean(action, ['up', 'down', 'status', 'reset'])
      throw new UsageError(`There is no “pnpm sandbox ${action}”.`, {
        hints: [...(near ? [`Did you mean ${near}?`] : []), sandboxUsage],
      })
    }
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = printError(error)
}
