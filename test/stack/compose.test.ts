import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

type Service = Record<string, unknown> & {
  image: string
  volumes?: string[]
  environment?: Record<string, string>
  healthcheck?: { test: string[]; interval: string }
  depends_on?: Record<string, { condition: string }>
}
type Compose = {
  services: Record<string, Service>
  networks: Record<string, { internal?: boolean; labels?: object } | null>
  volumes: Record<string, { labels?: object; driver?: string; driver_opts?: object }>
}

/** What production runs, as it is written: the rules of this stack, for every service that is there or will be. */
const source = readFileSync('stack/compose.yaml', 'utf8')
const { services, networks, volumes } = parse(source, { merge: true }) as Compose
const everyService = Object.entries(services)

/** Where a rule does not hold, and why. Whoever adds a line argues for it here. */
const exceptions: Record<string, Record<string, string>> = {
  healthcheck: {
    secrets: 'ends by itself; the others wait for its success',
    migrate: 'ends by itself; the others wait for its success',
    scratch: 'ends by itself; a runbook waits for it',
    'db-tools': 'ends by itself; a runbook waits for it',
    'file-tools': 'ends by itself; a runbook waits for it',
  },
  restart: {
    secrets: 'ends by itself',
    migrate: 'ends by itself',
    scratch: 'ends by itself',
    'db-tools': 'ends by itself',
    'file-tools': 'ends by itself',
  },
  cap_add: {
    secrets: 'gives each folder of secrets to the user of one service',
    logs: 'reads the engine’s files, which are root’s; it has this one right, and no network',
  },
  user: {
    secrets: 'only root may give a folder away; it has no network and ends at once',
    'file-tools': 'is the user of the application: the files are its own',
    logs: 'a right of its own is root’s alone',
  },
  path: { logs: 'the engine keeps what containers say in files, and gives them to nobody by another way' },
  networks: {
    secrets: 'needs none',
    scratch: 'must reach nothing: it serves restored data',
    'file-tools': 'needs none: what it reads and writes comes through its standard input and output',
    logs: 'needs none: it reads and writes files',
  },
}
const excepted = (rule: string, service: string) => exceptions[rule]?.[service] !== undefined

const mounts = (service: Service) =>
  (service.volumes ?? []).map((mount) => {
    const [from = '', to = '', mode = 'rw'] = mount.replace(/\$\{\w+:-(.*?)\}/g, '$1').split(':')
    return { from, to, mode }
  })

test('the roles of the stack are the names of its services', () => {
  expect(Object.keys(services).sort()).toEqual([
    ...[
      'alertmanager',
      'app',
      'blackbox',
      'cache',
      'db',
      'db-tools',
      'far',
      'file-tools',
      'log-exporter',
      'logs',
      'migrate',
      'node-exporter',
      'pooler',
      'postgres-exporter',
      'prometheus',
      'proxy',
      'redis-exporter',
      'scheduler',
      'scratch',
      'secrets',
      'store',
    ],
    'toolbox',
  ])
})

test('only the proxy publishes ports', () => {
  expect(everyService.filter(([, service]) => service.ports).map(([name]) => name)).toEqual(['proxy'])
  expect(everyService.filter(([, service]) => service.network_mode === 'host')).toEqual([])
})

test.each(everyService)('%s is confined', (name, service) => {
  expect(service.read_only).toBe(true)
  expect(service.cap_drop).toEqual(['ALL'])
  expect(service.security_opt).toEqual(['no-new-privileges:true'])
  expect(service.init).toBe(true)
  expect(service).not.toHaveProperty('privileged')
  expect(service).not.toHaveProperty('container_name')
  expect(service).not.toHaveProperty('build')
  if (!excepted('cap_add', name)) expect(service).not.toHaveProperty('cap_add')
  if (name === 'logs') expect(service.cap_add).toEqual(['DAC_READ_SEARCH'])
  if (!excepted('user', name)) expect(service).not.toHaveProperty('user')
})

test.each(everyService)('%s is limited', (_, service) => {
  expect(String(service.mem_limit)).toMatch(/^(\$\{[A-Z_]+:-)?[0-9]+[mg]\}?$/)
  expect(String(service.cpus)).toMatch(/^(\$\{[A-Z_]+:-)?[0-9.]+\}?$/)
  expect(service.pids_limit).toBeGreaterThan(0)
  expect(service.logging).toMatchObject({ options: { 'max-size': '10m', 'max-file': '5' } })
})

test.each(everyService)('%s says which environment it belongs to', (_, service) => {
  expect(service.labels).toMatchObject({
    'drillbook.environment': expect.stringMatching(/^\$\{ENVIRONMENT:\?/),
  })
})

test.each(everyService)(
  '%s is an image of this project, by tag, never pulled or built by surprise',
  (_, service) => {
    const image = service.image.replace(/^\$\{(?:APP|DB)_IMAGE:-(.*)\}$/, '$1')
    expect(image).toMatch(/^drillbook\/[a-z]+:\$\{IMAGE_TAG:-dev\}$/)
    const role = image.replace(/^drillbook\/([a-z]+):.*$/, '$1')
    expect(readFileSync('stack/images/Dockerfile', 'utf8')).toContain(` AS ${role}\n`)
  },
)

test.each(everyService)('%s has a health check, and is started again', (name, service) => {
  if (!excepted('restart', name)) expect(service.restart).toBe('unless-stopped')
  if (excepted('healthcheck', name)) return
  expect(service.healthcheck?.interval).toMatch(/^\$\{HEALTH_INTERVAL:-[0-9]+s\}$/)
  expect(service).toHaveProperty('stop_grace_period')
})

test.each(everyService)(
  '%s mounts volumes, never a path of the host, and secrets read-only',
  (name, service) => {
    for (const { from, to, mode } of mounts(service)) {
      if (from.startsWith('/'))
        expect({ mode, excepted: excepted('path', name) }).toEqual({ mode: 'ro', excepted: true })
      else expect(Object.keys(volumes)).toContain(from)
      if (from === 'secrets' && name !== 'secrets')
        expect({ to, mode }).toEqual({ to: '/run/secrets', mode: 'ro' })
    }
    expect(source).not.toContain('docker.sock')
  },
)

test('the scheduler can read the database and its identity, and change neither', () => {
  const readOnly = mounts(services.scheduler as Service).filter(({ mode }) => mode === 'ro')
  expect(readOnly.map(({ from }) => from).sort()).toEqual(['database', 'secrets', 'socket', 'state'])
})

test.each(everyService)('%s is on networks of its own choosing', (name, service) => {
  if (excepted('networks', name)) expect(service.network_mode).toBe('none')
  else expect(Object.keys(networks)).toEqual(expect.arrayContaining(service.networks as string[]))
})

test('the network of the data has no way out, and the proxy is not on it', () => {
  expect(networks.data?.internal).toBe(true)
  expect(services.proxy?.networks).toEqual(['edge'])
  for (const role of ['db', 'cache', 'pooler', 'store'])
    expect(services[role]?.networks).not.toContain('edge')
})

test('the monitoring runs only where it is asked for, and reaches no data', () => {
  const monitoring = everyService.filter(([, { profiles }]) => String(profiles) === 'monitoring')
  expect(monitoring.map(([name]) => name).sort()).toEqual([
    ...['alertmanager', 'blackbox', 'log-exporter', 'logs', 'node-exporter', 'postgres-exporter'],
    ...['prometheus', 'redis-exporter'],
  ])
  const owned: Record<string, string> = { metrics: 'prometheus', alerts: 'alertmanager', logs: 'logs' }
  for (const [name, service] of monitoring)
    for (const { from, mode } of mounts(service)) expect(mode).toBe(owned[from] === name ? 'rw' : 'ro')
  // Whoever reaches it can keep alerts from being sent.
  expect(services.alertmanager?.networks).toEqual(['backup'])
})

test.each(everyService)('%s gets no secret through its environment', (_, service) => {
  for (const [name, value] of Object.entries(service.environment ?? {})) {
    if (/PASSWORD|SECRET|KEY|_URL|PASS|TOKEN/.test(name) && !['APP_URL', 'CATALOGUE_URL'].includes(name))
      expect(value).toMatch(/^\/run\/secrets\//)
  }
})

test('every variable but the names of environment and project has the value of production as its default', () => {
  const variables = [...source.matchAll(/(?<!\$)\$\{([A-Z_0-9]+)(:-|:\?|)/g)].map(
    ([, name, form]) => `${name}${form}`,
  )
  expect(new Set(variables.filter((variable) => !variable.endsWith(':-')))).toEqual(
    // Compose itself knows the name of the project.
    new Set(['ENVIRONMENT:?', 'ENVIRONMENT', 'COMPOSE_PROJECT_NAME']),
  )
})

test('an exception names a service that is there', () => {
  for (const rule of Object.values(exceptions)) {
    for (const name of Object.keys(rule)) expect(Object.keys(services)).toContain(name)
  }
})

test('the sandbox differs from production by variables of the compose file alone', () => {
  const names = readFileSync('environments/sandbox.env', 'utf8').match(/^[A-Z_0-9]+(?==)/gm) ?? []
  for (const name of names) {
    if (/^(COMPOSE|SANDBOX)_/.test(name)) continue
    expect(source, name).toContain(`\${${name}:`)
  }
})

test('the context of the images is what they are made of, and nothing else', () => {
  const lines = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
  expect(lines).toEqual(['*', '!stack/images', '!.drillbook/build', '**/*.md'])
  const copied = [
    ...readFileSync('stack/images/Dockerfile', 'utf8').matchAll(/^COPY (?:--\S+ )*(\S+)/gm),
  ].map(([, path = '']) => path)
  expect(copied.filter((path) => !/^(stack\/images|\.drillbook\/build)\//.test(path))).toEqual([])
})

test('the recipe of the images works on old engines and names no host', () => {
  const files = globSync('stack/images/**/*', { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    expect(text.match(/https?:\/\/(?:[a-z-]*\.)*(?:debian|ubuntu|docker|npmjs)\.[a-z]+/g), file).toBeNull()
  }
  const recipe = readFileSync('stack/images/Dockerfile', 'utf8')
  expect(recipe).not.toMatch(/^# *syntax=/)
  expect(recipe.replace(/^ *#.*$/gm, '')).not.toMatch(/<<|--link|--checksum|--network/)
  expect(recipe).not.toMatch(/^FROM (?!drillbook\/debian:trixie|debian|base|db)/m)
})

test('every image runs as a user of its own', () => {
  const recipe = readFileSync('stack/images/Dockerfile', 'utf8')
  const roles = ['proxy', 'app', 'db', 'pooler', 'cache', 'store', 'toolbox', 'monitoring']
  for (const role of roles) {
    const stage = recipe.split(/^FROM /m).find((text) => text.startsWith(`base AS ${role}\n`)) ?? ''
    expect(stage.match(/^USER .*$/gm), role).toEqual([expect.not.stringContaining('root')])
  }
})
