/** What pages take from the stack's own files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { meanings } from '../../docs/deploy/compose-variables.ts'
import { connections } from '../../docs/deploy/connections.ts'
import { memoryLimit, readCompose } from '../../src/site/compose.ts'
import { composeVariables } from '../../src/site/compose-variables.ts'
import { excerpt } from '../../src/site/excerpt.ts'
import { limitsOf, numberAfter } from '../../src/site/limits.ts'
import { readWorkflow } from '../../src/site/workflows.ts'

const root = join(import.meta.dirname, '../..')
const compose = readFileSync(join(root, 'stack/compose.yaml'), 'utf8')

describe('the variables of a compose file', () => {
  test('have the defaults, readers and demands that stand there', () => {
    const source = `
x-common: &common
  labels: { environment: '\${ENVIRONMENT:?It has no name.}' }
services:
  web:
    <<: *common
    image: \${WEB_IMAGE:-shop/web:\${TAG:-dev}}
    ports: ['\${PORT:-443}:8443']
  data:
    <<: *common
    image: shop/data:\${TAG:-dev}
    environment: { FORCE: '\${FORCE:-}', NAME: '\${ENVIRONMENT}' }
`
    expect(composeVariables(source)).toEqual([
      { name: 'ENVIRONMENT', required: 'It has no name.', services: ['web', 'data'] },
      { name: 'FORCE', default: '', services: ['data'] },
      { name: 'PORT', default: '443', services: ['web'] },
      { name: 'TAG', default: 'dev', services: ['web', 'data'] },
      { name: 'WEB_IMAGE', default: 'shop/web:dev', services: ['web'] },
    ])
  })

  test('with two defaults are an error', () => {
    const source = "services: { a: { image: '${X:-1}' }, b: { image: '${X:-2}' } }"
    expect(() => composeVariables(source)).toThrow("X has two defaults: '1' and '2' (in b).")
  })

  test('each have a meaning in docs/deploy/compose-variables.ts, and no other has', () => {
    expect(Object.keys(meanings).sort()).toEqual(composeVariables(compose).map(({ name }) => name))
  })
})

describe('the memory that a stack may use', () => {
  test('counts containers, and leaves out what runs once or by name', () => {
    const source = `
services:
  web: { image: a, mem_limit: 512m, scale: 2 }
  data: { image: b, mem_limit: 1g, depends_on: { keys: { condition: service_completed_successfully } } }
  keys: { image: c, mem_limit: 8g }
  look: { image: d, mem_limit: 8g, profiles: [look] }
`
    expect(memoryLimit(readCompose(source).services)).toBe(2)
    expect(memoryLimit(readCompose(source).services, 'look')).toBe(10)
  })

  test('is known: every service has a limit', () => {
    expect(memoryLimit(readCompose(compose).services)).toBeGreaterThan(1)
    expect(() => memoryLimit(readCompose('services: { web: { image: a } }').services)).toThrow(
      "web has no memory limit like 512m or 2g: ''",
    )
  })
})

describe('an excerpt', () => {
  const file = 'a\n  # Why\n  b = 1\n    c\n\n# Why not\nd\n'

  test('begins and ends at its lines', () => {
    expect(excerpt(file, '# Why not')).toBe('# Why not\nd')
    expect(excerpt(file, 'b = 1', '    c')).toBe('b = 1\n  c')
    expect(excerpt(file, 'b =')).toBe('b = 1\n  c')
  })

  test('that is not there, or there twice, or has no end, fails the build', () => {
    expect(() => excerpt(file, 'z')).toThrow("begins at the line 'z': expected one such line, found 0")
    expect(() => excerpt(file, '# Why')).toThrow('expected one such line, found 2')
    expect(() => excerpt(file, 'd', 'z')).toThrow("has no end: there is no line 'z' after it")
  })
})

describe('limits', () => {
  test('have the values of the file, and the variables that set them', () => {
    const source = `
services:
  web: { image: a, cpus: 1, mem_limit: '\${WEB_MEMORY:-512m}', deploy: { replicas: '\${WEB:-2}' } }
  data: { image: b, depends_on: { keys: { condition: service_completed_successfully } } }
  keys: { image: c, cpus: 4 }
`
    expect(limitsOf(source)).toEqual([
      {
        name: 'web',
        containers: { value: '2', variable: 'WEB' },
        processors: { value: '1' },
        memory: { value: '512m', variable: 'WEB_MEMORY' },
      },
      { name: 'data', containers: { value: '1' }, processors: { value: 'all' }, memory: { value: 'all' } },
    ])
  })

  test('of connections are those that are configured, and fit into each other', () => {
    const read = (file: string) => readFileSync(join(root, 'stack', file), 'utf8')
    const facts = connections({
      database: read('app/src/database.ts'),
      pooler: read('images/pooler/pgbouncer.ini'),
      postgresql: read('images/db/postgresql/postgresql.conf'),
    })
    expect(facts).toMatchObject({
      perContainer: 11,
      clients: 500,
      pool: 20,
      reserve: 5,
      server: 100,
      wait: 15,
    })
    expect(facts.pool + facts.reserve).toBeLessThan(facts.server)
    expect(() => numberAfter('a = 1\na = 2', /^a = /)).toThrow('Expected one number after ^a = , found 2.')
  })

  test('the metrics and the mode that the page on scaling names are there', () => {
    const page = readFileSync(join(root, 'docs/deploy/scaling.mdx'), 'utf8')
    const metrics = readFileSync(join(root, 'stack/app/src/metrics.ts'), 'utf8')
    const named = [...page.matchAll(/`((?:http|app)_\w+)`/g)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(2)
    for (const name of named) expect(metrics).toContain(`name: '${name}'`)
    expect(readFileSync(join(root, 'stack/images/pooler/pgbouncer.ini'), 'utf8')).toContain(
      'pool_mode = transaction',
    )
    expect(readFileSync(join(root, 'stack/images/db/postgresql/postgresql.conf'), 'utf8')).toContain(
      'log_min_duration_statement = 1s',
    )
    expect(readFileSync(join(root, 'stack/images/proxy/Caddyfile'), 'utf8')).toContain('refresh 1s')
  })
})

describe('workflows', () => {
  test('say in words when they run, and in which order', () => {
    const source = `# What it is for,
# on two lines.
#
#   an example
on:
  push: { branches: [main], tags: ['v*'] }
  schedule: [{ cron: '5 3 * * 6' }]
  workflow_run: { workflows: [Preview] }
  workflow_dispatch:
jobs:
  one: { name: First }
  two: { needs: one, uses: ./.github/workflows/other.yml, environment: release }
`
    expect(readWorkflow('x.yml', source)).toEqual({
      file: 'x.yml',
      about: 'What it is for, on two lines.',
      when: [
        'every commit on main',
        'a tag like v1.2.3',
        'every Saturday 03:05 UTC',
        'after Preview',
        'by hand',
      ],
      jobs: [
        { name: 'First', after: [], approval: false },
        { name: 'other.yml', after: ['First'], approval: true },
      ],
    })
  })

  test('without a purpose, or with an event that has no words, fail the build', () => {
    expect(() => readWorkflow('x.yml', 'on: { push: null }\njobs: {}')).toThrow('x.yml:1: expected a comment')
    expect(() => readWorkflow('x.yml', '# Why\non: { fork: null }\njobs: {}')).toThrow("for the event 'fork'")
    expect(() => readWorkflow('x.yml', "# Why\non: { schedule: [{ cron: '* * * * *' }] }\njobs: {}")).toThrow(
      'expected a weekly schedule',
    )
  })
})
