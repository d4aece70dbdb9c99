/** `pnpm runbook status [--on ENV]`: how an environment is, in one view. It changes nothing and takes no lock. */
import { loadEnvironment, SANDBOX } from '../run/environment.ts'
import { redactor } from '../run/redact.ts'
import { secretsOf } from '../run/secrets.ts'
import { readArgs } from './args.ts'
import { findRoot } from './project.ts'
import { refuseArgs } from './refuse.ts'
import type { Fact } from './status/fact.ts'
import { gather } from './status/gather.ts'
import { statusText } from './status/text.ts'

export async function status(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { flags: ['json'], values: ['on'] })
  refuseArgs(args)
  const root = findRoot()
  const environment = loadEnvironment(root, args.values.on ?? SANDBOX)
  const found = await gather({ root, environment })
  const facts = redactor(secretsOf(root, environment)).data(found)
  const at = new Date()
  if (args.flags.has('json')) {
    const head = { environment: environment.name, at: at.toISOString() }
    process.stdout.write(facts.map((fact) => `${JSON.stringify({ ...head, ...fact })}\n`).join(''))
  } else {
    process.stdout.write(statusText(facts, { environment: environment.name, at, stream: process.stdout }))
  }
  return exitOf(facts)
}

/** What is known to be bad comes before what is not known. */
function exitOf(facts: readonly Fact[]): number {
  const some = (state: Fact['state']) => facts.some((fact) => fact.state === state)
  return some('bad') ? 1 : some('unknown') ? 3 : 0
}
