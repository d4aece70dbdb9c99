/** The architecture diagram as Mermaid source, from the compose file. Pure. */
import type { Compose, Service } from '../compose.ts'

/**
 * Networks as bars with their services hanging on them. A service stands below its first network and above the
 * others, in the order of the compose file; one that publishes a port stands above all. So the picture reads from
 * the world down to where data lies.
 */
export function topology({ services, networks }: Compose): string {
  const order = networks.map(({ name }) => name)
  return [
    'flowchart TB',
    '  users(Users)',
    ...networks.map(
      ({ name, internal }) =>
        `  net-${name}["network <b>${name}</b>${internal ? ', no way out' : ''}"]:::network`,
    ),
    ...services.map(node),
    ...services.flatMap(({ name, ports }) =>
      ports.length > 0 ? [`  users -->|${publishedPorts(ports)}| ${name}`] : [],
    ),
    ...services.flatMap((service) => {
      const own = order.filter((network) => service.networks.includes(network))
      return own.map((network, index) =>
        index === 0 && service.ports.length === 0
          ? `  net-${network} --- ${service.name}`
          : `  ${service.name} --- net-${network}`,
      )
    }),
    ...services.filter(({ kind }) => kind === 'once').map(({ name }) => `  class ${name} once`),
    '  classDef network fill:#050a05,rx:14px,ry:14px',
    '  classDef once stroke-dasharray: 4 3',
    '',
  ].join('\n')
}

/** The same for whoever cannot see the picture. */
export function topologyInWords(services: Service[]): string[] {
  return services.map(({ name, kind, needs, networks, ports }) => {
    const others = Object.keys(needs)
    const parts = [
      kind === 'once' && 'runs once at start',
      ports.length > 0 && `is reached from outside on port ${publishedPorts(ports)}`,
      networks.length === 0
        ? 'has no network'
        : `is on the ${networks.length === 1 ? 'network' : 'networks'} ${networks.join(', ')}`,
      others.length > 0 && `starts after ${others.join(', ')}`,
    ]
    return `${name} ${parts.filter(Boolean).join('; ')}.`
  })
}

function node({ name, replicas, kind }: Service): string {
  const title = replicas > 1 ? `${name} × ${replicas}` : name
  return `  ${name}["<b>${title}</b>${kind === 'once' ? '<br>once at start' : ''}"]`
}

function publishedPorts(ports: string[]): string {
  return ports.map((port) => port.split(' → ')[0]).join(', ')
}
