/** `pnpm runbook unlock`: shows who holds the lock of an environment; with --force, breaks it. */
import { hostname } from 'node:os'
import { loadEnvironment, SANDBOX } from '../run/environment.ts'
import { Refusal } from '../run/errors.ts'
import { guard, unreachable } from '../run/lock.ts'
import { readArgs } from './args.ts'
import { findRoot } from './project.ts'
import { askName, isInteractive } from './prompts.ts'
import { refuseArgs } from './refuse.ts'

export async function unlock(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { flags: ['force'], values: ['on'], optional: ['yes'] })
  refuseArgs(args)
  const root = findRoot()
  const environment = loadEnvironment(root, args.values.on ?? SANDBOX)
  const answer = await guard(root, environment, ['show', '--json'])
  if (answer.exit !== 0) throw unreachable(environment, answer)
  const holder = parse(answer.stdout)
  if (!holder?.run) {
    process.stdout.write(`Nobody holds the lock of ${environment.name}.\n`)
    return 0
  }
  const { run, ...rest } = holder
  const facts = Object.entries(rest).map(([name, value]) => `  ${name.padEnd(12)} ${String(value)}`)
  process.stdout.write(`The lock of ${environment.name} is held by the run ${run}.\n${facts.join('\n')}\n\n`)
  if (!args.flags.has('force')) {
    process.stdout.write(
      `If that run's process is gone, take the lock over by going on with the run:\n  pnpm runbook resume ${run}\n` +
        `Only if nobody will:\n  pnpm runbook unlock --on ${environment.name} --force\n`,
    )
    return 0
  }
  const named = args.optional.yes === environment.name
  if (!named && !isInteractive()) {
    throw new Refusal('Breaking a lock needs someone who says so.', { hints: [`--yes=${environment.name}`] })
  }
  if (!named && !(await askName(environment.name, `Type ${environment.name} to break the lock:`))) {
    throw new Refusal(`That is not “${environment.name}”. The lock stays.`)
  }
  const broken = await guard(root, environment, ['break', '--run', String(run)])
  if (broken.exit !== 0) throw unreachable(environment, broken)
  process.stdout.write(`The lock is broken, by ${hostname()}.\n`)
  return 0
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}
