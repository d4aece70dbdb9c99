/** What a compose file says about its services. Pure. */
import { z } from 'astro/zod'
import { parse } from 'yaml'

export const serviceFacts = z.object({
  name: z.string(),
  /** Its place in the file. */
  order: z.number(),
  image: z.string(),
  /** Profiles that it belongs to: it is started only when one of them, or itself, is named. */
  profiles: z.array(z.string()),
  /** `runs` all the time, or ends after its work (`once`). */
  kind: z.enum(['runs', 'once']),
  networks: z.array(z.string()),
  /** As written, with the defaults of their variables: `127.0.0.1:8443 → 8443`. */
  ports: z.array(z.string()),
  /** Service → what is waited for: `service_healthy`. */
  needs: z.record(z.string(), z.string()),
  volumes: z.array(z.object({ name: z.string(), path: z.string(), readOnly: z.boolean() })),
  readOnly: z.boolean(),
  user: z.string().optional(),
  /** Capabilities that it has in spite of `cap_drop: [ALL]`; undefined if it drops not all of them. */
  capabilities: z.array(z.string()).optional(),
  /** No process gains more rights than its parent had. */
  noNewPrivileges: z.boolean(),
  memory: z.string().optional(),
  healthcheck: z.boolean(),
  replicas: z.number(),
})

export type Service = z.infer<typeof serviceFacts>

export interface Compose {
  services: Service[]
  networks: { name: string; internal: boolean }[]
  volumes: string[]
}

interface RawService {
  image?: string
  profiles?: string[]
  networks?: string[] | Record<string, unknown>
  network_mode?: string
  ports?: (string | { published?: string; target: number })[]
  depends_on?: string[] | Record<string, { condition?: string }>
  volumes?: (string | { type?: string; source?: string; target: string; read_only?: boolean })[]
  read_only?: boolean
  cap_drop?: string[]
  cap_add?: string[]
  security_opt?: string[]
  user?: string
  mem_limit?: string
  restart?: string
  scale?: number | string
  healthcheck?: { disable?: boolean }
  deploy?: { replicas?: number | string; resources?: { limits?: { memory?: string } } }
}

interface RawCompose {
  services: Record<string, RawService>
  networks?: Record<string, { internal?: boolean } | null>
  volumes?: Record<string, unknown>
}

export function readCompose(source: string): Compose {
  const { services, networks, volumes } = parse(source, { merge: true }) as RawCompose
  const waitedFor = new Set(
    Object.values(services).flatMap(({ depends_on }) =>
      Object.entries(conditions(depends_on))
        .filter(([, condition]) => condition === 'service_completed_successfully')
        .map(([name]) => name),
    ),
  )
  return {
    services: Object.entries(services).map(([name, service], order) => ({
      order,
      ...readService(name, service, waitedFor.has(name)),
    })),
    networks: Object.entries(networks ?? { default: null }).map(([name, network]) => ({
      name,
      internal: network?.internal === true,
    })),
    volumes: Object.keys(volumes ?? {}),
  }
}

function readService(name: string, raw: RawService, once: boolean): Omit<Service, 'order'> {
  const user = raw.user && withDefaults(raw.user)
  const memory = raw.mem_limit ?? raw.deploy?.resources?.limits?.memory
  return {
    name,
    image: withDefaults(raw.image ?? ''),
    profiles: raw.profiles ?? [],
    kind: once ? 'once' : 'runs',
    networks: networksOf(raw),
    ports: (raw.ports ?? []).map(port),
    needs: conditions(raw.depends_on),
    volumes: (raw.volumes ?? []).map(volume),
    readOnly: raw.read_only === true,
    noNewPrivileges: (raw.security_opt ?? []).includes('no-new-privileges:true'),
    ...(raw.cap_drop?.includes('ALL') && { capabilities: raw.cap_add ?? [] }),
    healthcheck: raw.healthcheck !== undefined && raw.healthcheck.disable !== true,
    replicas: Number(withDefaults(String(raw.deploy?.replicas ?? raw.scale ?? 1))),
    ...(user && { user }),
    ...(memory && { memory: withDefaults(memory) }),
  }
}

function networksOf({ networks, network_mode }: RawService): string[] {
  if (network_mode !== undefined) return []
  return Array.isArray(networks) ? networks : Object.keys(networks ?? { default: null })
}

function conditions(needs: RawService['depends_on']): Record<string, string> {
  if (Array.isArray(needs)) return Object.fromEntries(needs.map((name) => [name, 'service_started']))
  return Object.fromEntries(
    Object.entries(needs ?? {}).map(([name, { condition }]) => [name, condition ?? 'service_started']),
  )
}

function port(raw: NonNullable<RawService['ports']>[number]): string {
  if (typeof raw !== 'string') return `${withDefaults(raw.published ?? '')} → ${raw.target}`
  const text = withDefaults(raw)
  const split = text.lastIndexOf(':')
  return `${text.slice(0, split)} → ${text.slice(split + 1)}`
}

function volume(raw: NonNullable<RawService['volumes']>[number]): Service['volumes'][number] {
  if (typeof raw !== 'string') {
    return { name: raw.source ?? raw.type ?? '', path: raw.target, readOnly: raw.read_only === true }
  }
  const [name = '', path = '', mode] = withDefaults(raw).split(':')
  return { name, path, readOnly: mode === 'ro' }
}

/**
 * What all services that run may use together, in GiB, with those of the profile; once-only ones are gone by then. Throws if
 * one has no limit.
 */
export function memoryLimit(services: readonly Service[], profile?: string): number {
  const units: Record<string, number> = { m: 1 / 1024, g: 1 }
  return services
    .filter(({ kind, profiles }) => kind === 'runs' && profiles.every((each) => each === profile))
    .reduce((total, { name, memory = '', replicas }) => {
      const [, amount, unit = ''] = /^([\d.]+)([mg])$/.exec(memory) ?? []
      if (amount === undefined) throw new Error(`${name} has no memory limit like 512m or 2g: '${memory}'.`)
      return total + Number(amount) * (units[unit] ?? 0) * replicas
    }, 0)
}

/** `${HTTPS_PORT:-443}` → `443`: what production gets when nothing is set. */
export function withDefaults(text: string): string {
  const innermost = /\$\{(\w+)(?:(:?[-?])([^{}]*))?\}/g
  const replaced = text.replace(innermost, (_, name: string, operator?: string, word?: string) =>
    operator?.endsWith('-') ? (word ?? '') : name,
  )
  return replaced === text ? text : withDefaults(replaced)
}
