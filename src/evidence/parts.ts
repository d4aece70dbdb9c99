/** Files that are about the system and about what watches it, in two parts. */
import { parse } from 'yaml'

export interface Parts {
  system: string
  watching: string
}

/** How to take apart the files that are about both, by their path. */
export const divided: Record<string, (text: string) => Parts> = {
  'stack/compose.yaml': ofCompose,
  'stack/images/Dockerfile': ofDockerfile,
}

/** What the definition of a service says of being watched, and not of what it does. */
interface Service {
  profiles?: string[]
  logging?: unknown
  volumes?: (string | { source?: string })[]
}

interface Compose {
  services?: Record<string, Service>
  volumes?: Record<string, unknown>
}

/** The name of the profile, and of the image. */
const watching = 'monitoring'

/**
 * Both as JSON, anchors resolved and comments left out. To what watches belong the services of its profile, the volumes that
 * nobody else mounts, and where each service's log goes. Throws what `yaml` throws if the file is not YAML.
 */
export function ofCompose(text: string): Parts {
  const { services = {}, volumes = {}, ...rest } = parse(text, { merge: true }) as Compose
  const [seen, system] = divide(Object.entries(services), ([, { profiles = [] }]) =>
    profiles.includes(watching),
  )
  const mounted = new Set(system.flatMap(([, service]) => mounts(service)))
  const [shared, own] = divide(Object.entries(volumes), ([name]) => mounted.has(name))
  return {
    system: JSON.stringify({
      ...withoutAnchors(rest),
      services: Object.fromEntries(system.map(([name, { logging: _, ...others }]) => [name, others])),
      volumes: Object.fromEntries(shared),
    }),
    watching: JSON.stringify({
      services: Object.fromEntries(seen),
      logging: Object.fromEntries(system.map(([name, { logging }]) => [name, logging])),
      volumes: Object.fromEntries(own),
    }),
  }
}

function divide<Each>(all: Each[], first: (each: Each) => boolean): [Each[], Each[]] {
  return [all.filter(first), all.filter((each) => !first(each))]
}

function mounts({ volumes = [] }: Service): string[] {
  return volumes.map((volume) => (typeof volume === 'string' ? volume.split(':')[0] : volume.source) ?? '')
}

/** What begins with `x-` is there to be referred to, and is resolved where it is. */
function withoutAnchors(part: object): object {
  return Object.fromEntries(Object.entries(part).filter(([key]) => !key.startsWith('x-')))
}

/** The stage of the image of those that watch, and all others. */
export function ofDockerfile(text: string): Parts {
  const stages = text.split(/^(?=FROM )/m)
  const [own, others] = divide(stages, (stage) => stage.startsWith(`FROM base AS ${watching}\n`))
  return { system: others.join(''), watching: own.join('') }
}
