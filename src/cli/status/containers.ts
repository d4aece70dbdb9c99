/** What the engine says of the stack's services: how many run, how they are, and which image they are from. */
import type { Fact } from './fact.ts'

/** A row of `docker compose ps --format json`. */
export interface Container {
  Name: string
  Service: string
  Image: string
  State: string
  Health: string
  ExitCode: number
  Status: string
}

/** The part of `docker compose config --format json` that matters here. */
export interface Described {
  services: Record<string, Service>
}

interface Service {
  restart?: string
  healthcheck?: object
  scale?: number
  deploy?: { replicas?: number }
}

const group = 'Containers'
/** Of `docker compose run`: somebody is at work in it, or has left it. */
const oneOff = /-run-[0-9a-f]{12}$/

/** An object a line, or one array: it depends on the version of Compose. */
export function parseContainers(text: string): Container[] {
  const trimmed = text.trim()
  if (trimmed.startsWith('[')) return JSON.parse(trimmed) as Container[]
  return trimmed
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Container)
}

/** One fact a service: of those that are described and of those that have containers. */
export function containerFacts(described: Described | undefined, all: readonly Container[]): Fact[] {
  const lasting = all.filter(({ Name }) => !oneOff.test(Name))
  const byService = Map.groupBy(lasting, ({ Service }) => Service)
  const names = [...new Set([...Object.keys(described?.services ?? {}), ...byService.keys()])].sort()
  return names.flatMap((name) => {
    const containers = byService.get(name) ?? []
    const service = described?.services[name]
    if (runsOnce(service, containers)) return onceFact(name, containers)
    return serviceFact(name, containers, service?.scale ?? service?.deploy?.replicas ?? 1)
  })
}

/** Of what nothing describes: what has ended well was to end. */
function runsOnce(service: Service | undefined, containers: readonly Container[]): boolean {
  if (service) return !service.healthcheck && (service.restart ?? 'no') === 'no'
  return containers.every(({ State, ExitCode }) => State === 'exited' && ExitCode === 0)
}

/** What runs once and ended well is not worth a line. */
function onceFact(name: string, containers: readonly Container[]): Fact[] {
  const failed = containers.find(({ State, ExitCode }) => State === 'exited' && ExitCode !== 0)
  if (failed) return [bad(name, `ended with exit code ${failed.ExitCode}`)]
  const running = containers.find(({ State }) => State === 'running')
  return running ? [{ group, name, state: 'ok', value: `at work, ${up(running)}` }] : []
}

function serviceFact(name: string, containers: readonly Container[], wanted: number): Fact[] {
  if (wanted === 0 && containers.length === 0) return []
  if (containers.length === 0) return [bad(name, 'there is none')]
  const broken = containers.find(({ State, Health }) => State !== 'running' || Health === 'unhealthy')
  const starting = containers.find(({ Health }) => Health === 'starting')
  const good = containers.filter(({ State, Health }) => State === 'running' && Health !== 'unhealthy').length
  const many = wanted > 1 || containers.length > 1 ? `${good} of ${Math.max(wanted, containers.length)} ` : ''
  if (broken) {
    const how = broken.State === 'running' ? 'unhealthy' : ended(broken)
    const fact = bad(name, many ? `${many}run; one is ${how}` : how)
    return [good > 0 ? { ...fact, state: 'warn' } : fact]
  }
  const image = (containers[0]?.Image ?? '').replace(/@sha256:(.{12}).*/, '@$1')
  if (starting) return [{ group, name, state: 'warn', value: `${many}starting, ${image}` }]
  const healthy = containers.every(({ Health }) => Health === 'healthy') ? 'healthy' : 'running'
  const value = `${many}${healthy}, ${containers[0] ? up(containers[0]) : ''}, ${image}`
  return good < wanted ? [{ ...bad(name, value), state: 'warn' }] : [{ group, name, state: 'ok', value }]
}

const bad = (name: string, value: string): Fact => ({
  ...{ group, name, state: 'bad', value },
  do: `docker compose logs --tail 50 ${name}`,
})

const ended = ({ State, ExitCode }: Container) =>
  State === 'exited' ? `ended, exit code ${ExitCode}` : State

/** `Up 5 minutes (healthy)` → `up 5 minutes`. */
const up = ({ Status }: Container) => Status.replace(/ \(.*/, '').replace(/^Up/, 'up')
