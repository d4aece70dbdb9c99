import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { diagrams, outdated } from '../../scripts/diagrams.ts'
import { readCompose, withDefaults } from '../../src/site/compose.ts'
import { topology, topologyInWords } from '../../src/site/diagrams/topology.ts'

const root = join(import.meta.dirname, '../..')

const source = `
services:
  web:
    image: \${WEB_IMAGE:-shop/web:\${TAG:-dev}}
    ports: ['\${PORT:-443}:8443']
    networks: [outside]
    deploy: { replicas: '\${REPLICAS:-2}' }
  data:
    image: shop/data
    networks: [inside]
    volumes: ['rows:/var/rows', 'keys:/run/keys:ro']
    mem_limit: 1g
    depends_on: { keys: { condition: service_completed_successfully } }
  shop:
    image: shop/shop
    networks: [outside, inside]
    depends_on: [data]
  keys:
    image: shop/keys
    network_mode: none
networks:
  outside: {}
  inside: { internal: true }
`

describe('a compose file', () => {
  test('is read with the values that production gets', () => {
    expect(readCompose(source).services.slice(0, 2)).toMatchInlineSnapshot(`
      [
        {
          "healthcheck": false,
          "image": "shop/web:dev",
          "kind": "runs",
          "name": "web",
          "needs": {},
          "networks": [
            "outside",
          ],
          "noNewPrivileges": false,
          "order": 0,
          "ports": [
            "443 → 8443",
          ],
          "profiles": [],
          "readOnly": false,
          "replicas": 2,
          "volumes": [],
        },
        {
          "healthcheck": false,
          "image": "shop/data",
          "kind": "runs",
          "memory": "1g",
          "name": "data",
          "needs": {
            "keys": "service_completed_successfully",
          },
          "networks": [
            "inside",
          ],
          "noNewPrivileges": false,
          "order": 1,
          "ports": [],
          "profiles": [],
          "readOnly": false,
          "replicas": 1,
          "volumes": [
            {
              "name": "rows",
              "path": "/var/rows",
              "readOnly": false,
            },
            {
              "name": "keys",
              "path": "/run/keys",
              "readOnly": true,
            },
          ],
        },
      ]
    `)
  })

  test('has defaults inside of defaults', () => {
    expect(withDefaults(`\${A:-b/\${C:-d}}:\${E-f}\${G:?must be set}`)).toBe('b/d:fG')
  })

  test('becomes a diagram with every service on its networks', () => {
    expect(topology(readCompose(source))).toMatchInlineSnapshot(`
      "flowchart TB
        users(Users)
        net-outside["network <b>outside</b>"]:::network
        net-inside["network <b>inside</b>, no way out"]:::network
        web["<b>web × 2</b>"]
        data["<b>data</b>"]
        shop["<b>shop</b>"]
        keys["<b>keys</b><br>once at start"]
        users -->|443| web
        web --- net-outside
        net-inside --- data
        net-outside --- shop
        shop --- net-inside
        class keys once
        classDef network fill:#050a05,rx:14px,ry:14px
        classDef once stroke-dasharray: 4 3
      "
    `)
  })

  test('is told in words, too', () => {
    expect(topologyInWords(readCompose(source).services)).toMatchInlineSnapshot(`
      [
        "web is reached from outside on port 443; is on the network outside.",
        "data is on the network inside; starts after keys.",
        "shop is on the networks outside, inside; starts after data.",
        "keys runs once at start; has no network.",
      ]
    `)
  })
})

describe('diagrams', () => {
  test('are drawn from what is in the checkout', () => {
    expect(outdated(root).map(({ file }) => file)).toEqual([])
  })

  test('have no colour of their own', () => {
    for (const { name } of diagrams(root)) {
      const svg = readFileSync(join(root, `docs/diagrams/${name}.svg`), 'utf8')
      expect(svg).not.toMatch(/#0[1-6]0a0[1-6]/)
      expect(svg).toContain('var(--diagram-node)')
    }
  })

  /** A place that is not a service, and one of another name. */
  const others: Record<string, string | undefined> = { users: undefined, scratch: 'db' }

  test.each(['request', 'backup'])('%s: every arrow is a way that there is', (name) => {
    const { services } = readCompose(readFileSync(join(root, 'stack/compose.yaml'), 'utf8'))
    const mermaid = readFileSync(join(root, `docs/diagrams/${name}.mmd`), 'utf8')
    // A node, perhaps with its label; an arrow, perhaps with its own.
    const arrows = [...mermaid.matchAll(/^ {2}(\w+)(?:[[(].*?[\])])? -->(?:\|.*?\|)? (\w+)/gm)]
    expect(arrows.length).toBeGreaterThan(4)
    for (const [arrow, ...ends] of arrows) {
      const [from, to] = ends.map((end) => (end in others ? others[end] : end))
      if (from === undefined || to === undefined || from === to) continue
      const [a, b] = [from, to].map((end) => services.find((service) => service.name === end))
      const shared = [
        ...(a?.networks.filter((network) => b?.networks.includes(network)) ?? []),
        ...(a?.volumes.filter((volume) => b?.volumes.some((other) => other.name === volume.name)) ?? []),
      ]
      expect(shared, arrow).not.toEqual([])
    }
  })

  test('in the README are those of the handbook', () => {
    const fence = /```mermaid\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1]
    expect(fence).toBe(readFileSync(join(root, 'docs/diagrams/how-it-works.mmd'), 'utf8'))
  })
})

test('decision 3 is what the configuration says', () => {
  const config = readFileSync(join(root, 'stack/images/pgbackrest/pgbackrest.conf'), 'utf8')
  expect(config).not.toContain('archive-push-queue-max')
})

describe('what decisions say, the configuration does:', () => {
  const read = (file: string) => readFileSync(join(root, file), 'utf8')

  test('14: backups are kept twelve weeks', () => {
    expect(read('stack/images/pgbackrest/pgbackrest.conf')).toMatch(/^repo1-retention-full=84$/m)
    expect(read('stack/compose.yaml')).toContain('${BACKUPS_RETENTION_DAYS:-84}')
  })

  test('14: full weekly, differential daily, dumps weekly, and the log at least once a minute', () => {
    const due = read('stack/images/toolbox/bin/backup-due')
    expect(due).toContain('full backup           weekly')
    expect(due).toContain('differential backup   daily')
    expect(due).toContain('logical dump          weekly')
    expect(read('stack/images/db/postgresql/postgresql.conf')).toMatch(/^archive_timeout = 60$/m)
  })

  test('17: logs are kept for thirty days, and 5 GB at most', () => {
    expect(read('stack/compose.yaml')).toContain('${LOGS_RETENTION_DAYS:-30}')
    expect(read('stack/compose.yaml')).toContain('${LOGS_RETENTION_SIZE:-5000}')
    expect(read('stack/images/proxy/Caddyfile')).toContain('format json')
  })

  test('16: every service has a limit', () => {
    const { services } = readCompose(read('stack/compose.yaml'))
    expect(services.filter(({ memory }) => memory === undefined)).toEqual([])
  })
})

describe('the trust that the architecture page tells of', () => {
  const { services, networks } = readCompose(readFileSync(join(root, 'stack/compose.yaml'), 'utf8'))
  const service = (name: string) => services.find((each) => each.name === name)

  test('only the proxy is published, and it is on no network with the data', () => {
    expect(services.filter(({ ports }) => ports.length > 0).map(({ name }) => name)).toEqual(['proxy'])
    expect(service('proxy')?.networks.filter((network) => service('db')?.networks.includes(network))).toEqual(
      [],
    )
    expect(networks.find(({ name }) => name === 'data')?.internal).toBe(true)
  })

  test('no service has the engine’s socket, or a folder of the host but one, which it reads', () => {
    const mounted = services.flatMap(({ name: by, volumes }) => volumes.map((volume) => ({ by, ...volume })))
    expect(mounted.filter(({ name }) => !/^[a-z]+$/.test(name))).toMatchObject([
      { by: 'logs', name: '/var/lib/docker/containers', readOnly: true },
    ])
  })

  test('the application is not on the network of the backups', () => {
    expect(service('app')?.networks).not.toContain('backup')
  })

  test('neither proxy nor application can keep alerts from being sent', () => {
    const reached = new Set([...(service('proxy')?.networks ?? []), ...(service('app')?.networks ?? [])])
    expect(service('alertmanager')?.networks.filter((network) => reached.has(network))).toEqual([])
  })

  test('the monitoring mounts nothing that it could write to but its own', () => {
    const own = services.filter(({ profiles }) => profiles.includes('monitoring'))
    const written = own.flatMap(({ volumes }) => volumes.filter(({ readOnly }) => !readOnly))
    expect(written.map(({ name }) => name).sort()).toEqual(['alerts', 'logs', 'metrics'])
  })

  test('the keys of application and backup mark objects as deleted, and remove no version', () => {
    for (const [bucket, user] of [
      ['assets', 'app'],
      ['backups', 'backup'],
    ]) {
      const policy = JSON.parse(
        readFileSync(join(root, `stack/images/store/policies/${bucket}.json`), 'utf8'),
      ) as { Statement: { Principal: { AWS: string[] }; Action: string | string[] }[] }
      const granted = policy.Statement.filter(({ Principal }) =>
        Principal.AWS.some((principal) => principal.endsWith(`user/${user}`)),
      ).flatMap(({ Action }) => Action)
      expect(granted).toContain('s3:DeleteObject')
      expect(granted.filter((action) => /Version|Bypass|Policy|\*/.test(action))).toEqual([])
    }
  })
})

test('security: every service gives up its capabilities and gains no rights; its file system is read-only', () => {
  const { services } = readCompose(readFileSync(join(root, 'stack/compose.yaml'), 'utf8'))
  const kept: Record<string, string[]> = {
    secrets: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
    logs: ['DAC_READ_SEARCH'],
  }
  for (const { name, capabilities, noNewPrivileges, readOnly } of services) {
    expect([name, noNewPrivileges, readOnly]).toEqual([name, true, true])
    expect(capabilities, name).toEqual(kept[name] ?? [])
  }
})
