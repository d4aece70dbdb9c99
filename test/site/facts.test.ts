/** What pages take from the stack's own files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { meanings } from '../../docs/deploy/compose-variables.ts'
import { memoryLimit, readCompose } from '../../src/site/compose.ts'
import { composeVariables } from '../../src/site/compose-variables.ts'
import { excerpt } from '../../src/site/excerpt.ts'

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
