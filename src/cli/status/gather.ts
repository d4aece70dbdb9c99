/** Asks everything at once, and says of what does not answer that nobody knows. */

import { SANDBOX } from '../../run/environment.ts'
import { Refusal } from '../../run/errors.ts'
import { ask, complaint, inToolbox, type Target } from './ask.ts'
import { type Container, containerFacts, type Described, parseContainers } from './containers.ts'
import { type Fact, parseFacts } from './fact.ts'
import { operatorFacts } from './operators.ts'
import { proofFact } from './proofs.ts'

/** Seconds. The stack's own program has to ask several services, some of which may be down. */
const PATIENCE = { engine: 15, guard: 15, facts: 40 }
/** What the shell says of a program that is not there, by way of `docker exec`. */
const MISSING = new Set([126, 127])

export async function gather(target: Target): Promise<Fact[]> {
  const proof = proofFact(target.root, new Date())
  const engine = await engineFacts(target)
  const there = engine.running.has('toolbox')
    ? await toolboxFacts(target)
    : [noToolbox(target, engine.answers)]
  return [...there, ...engine.facts, await proof]
}

async function engineFacts(target: Target) {
  const [config, ps] = await Promise.all([
    ask(target, ['config', '--format', 'json'], PATIENCE.engine),
    ask(target, ['ps', '--all', '--format', 'json'], PATIENCE.engine),
  ])
  const head = { group: 'Containers', name: 'engine' }
  if (ps.exit !== 0) {
    const value = `it does not answer: ${complaint(ps)}`
    const facts: Fact[] = [{ ...head, state: 'unknown', value, do: info(target) }]
    return { answers: false, running: new Set<string>(), facts }
  }
  const containers = parse(() => parseContainers(ps.stdout)) ?? []
  const described = config.exit === 0 ? parse(() => JSON.parse(config.stdout) as Described) : undefined
  const running = new Set(containers.filter(({ State }) => State === 'running').map(({ Service }) => Service))
  if (containers.length === 0) {
    const facts: Fact[] = [
      { ...head, name: 'stack', state: 'bad', value: 'nothing of it is there', do: start(target) },
    ]
    return { answers: true, running, facts }
  }
  return { answers: true, running, facts: facts(described, containers) }
}

function facts(described: Described | undefined, containers: readonly Container[]): Fact[] {
  const found = containerFacts(described, containers)
  if (described) return found
  const value = 'the compose file cannot be read: what is missing is not known'
  return [...found, { group: 'Containers', name: 'description', state: 'unknown', value }]
}

/** Throws `Refusal` if the system says that it is another environment: what it says is about something else. */
async function toolboxFacts(target: Target): Promise<Fact[]> {
  const { name } = target.environment
  const [identity, operators, stack] = await Promise.all([
    inToolbox(target, ['guard', 'check', '--environment', name], PATIENCE.guard),
    operatorFacts(target),
    inToolbox(target, ['status-facts'], PATIENCE.facts),
  ])
  if (identity.exit === 3) throw new Refusal(identity.stderr.trim())
  return [...stackFacts(stack), ...operators]
}

function stackFacts(answer: Awaited<ReturnType<typeof inToolbox>>): Fact[] {
  const head = { group: 'Stack', name: 'status-facts' }
  if (MISSING.has(answer.exit ?? 0))
    return [
      { ...head, state: 'off', value: 'the toolbox has no such program: more is not known of this stack' },
    ]
  const found = parseFacts(answer.stdout)
  if (answer.exit === 0) return found
  return [...found, { ...head, state: 'unknown', value: complaint(answer) || `exit code ${answer.exit}` }]
}

function noToolbox(target: Target, answers: boolean): Fact {
  const head = { group: 'Stack', name: 'toolbox', state: 'unknown' } as const
  const value = 'it does not run: lock, runs, alerts, backups and data are not known'
  if (!answers) return { ...head, value: value.replace('it does not run', 'it cannot be reached') }
  return { ...head, value, do: start(target, ' toolbox') }
}

function info({ environment: { entries } }: Target): string {
  if (entries.DOCKER_HOST) return `docker --host ${entries.DOCKER_HOST} info`
  return entries.DOCKER_CONTEXT ? `docker --context ${entries.DOCKER_CONTEXT} info` : 'docker info'
}

function start({ environment }: Target, service = ''): string {
  if (environment.name === SANDBOX && !service) return 'pnpm sandbox up'
  return `docker compose --env-file ${environment.file} up -d --wait${service}`
}

function parse<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
