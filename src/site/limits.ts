/** What a compose file lets each service that runs use. Pure. */
import { parse } from 'yaml'
import { readCompose, withDefaults } from './compose.ts'

/** A value, and the variable that sets it, if one does. */
export interface Limit {
  value: string
  variable?: string
}

export interface Limits {
  name: string
  containers: Limit
  processors: Limit
  memory: Limit
}

interface Raw {
  cpus?: number | string
  mem_limit?: string
  scale?: number | string
  deploy?: { replicas?: number | string }
}

/** Of those that run all the time; of the others nothing is left when there is load. */
export function limitsOf(source: string): Limits[] {
  const { services } = parse(source, { merge: true }) as { services: Record<string, Raw> }
  return readCompose(source)
    .services.filter(({ kind, profiles }) => kind === 'runs' && profiles.length === 0)
    .map(({ name }) => {
      const { cpus, mem_limit, deploy, scale } = services[name] ?? {}
      return {
        name,
        containers: limit(deploy?.replicas ?? scale ?? 1),
        processors: limit(cpus ?? 'all'),
        memory: limit(mem_limit ?? 'all'),
      }
    })
}

function limit(written: number | string): Limit {
  const text = String(written)
  const variable = /^\$\{(\w+)/.exec(text)?.[1]
  return { value: withDefaults(text), ...(variable && { variable }) }
}

/**
 * A number in a configuration file, by the pattern in front of it. Throws unless it is there exactly once: what a page
 * reckons with must be what is configured.
 */
export function numberAfter(source: string, pattern: RegExp): number {
  const found = [...source.matchAll(new RegExp(`${pattern.source}(\\d+)`, 'gm'))]
  const [only] = found
  if (!only || found.length > 1)
    throw new Error(`Expected one number after ${pattern.source}, found ${found.length}.`)
  return Number(only.at(-1))
}
