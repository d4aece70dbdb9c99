import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError, listVariables, readConfig } from '../../stack/app/src/config.ts'

const secret = 'kept-to-itself'
const good = {
  DATABASE_URL: `postgres://app:${secret}@pooler:6432/app`,
  REDIS_URL: `redis://:${secret}@cache:6379/0`,
  S3_ENDPOINT: 'https://store:8443',
  S3_ACCESS_KEY: 'app',
  S3_SECRET_KEY: secret,
  APP_URL: 'https://books.example.org',
  APP_SECRET: 'x'.repeat(32),
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
})
afterAll(() => rm(folder, { recursive: true }))

function problemsOf(environment: Record<string, string>): ConfigError {
  try {
    readConfig('serve', environment)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('There was no problem.')
}

test('a good environment gets its defaults', () => {
  expect(readConfig('serve', { ...good, MAINTENANCE: '', PORT: '8080' })).toMatchObject({
    ...good,
    S3_REGION: 'us-east-1',
    S3_BUCKET_ASSETS: 'assets',
    MAINTENANCE: 'off',
    PORT: 8080,
    APP_VERSION: 'dev',
  })
})

test('all problems are reported at once, with found, expected and what to do', () => {
  const { message } = problemsOf({
    ...good,
    S3_ENDPOINT: 'store',
    PORT: '99999',
    APP_URL: '',
    MAINTENANCE: 'yes',
  })
  expect(message).toMatchInlineSnapshot(`
    "The environment has 4 problems. Nothing was started.

      S3_ENDPOINT
        found:    "store"
        expected: an http or https address
        to do:    set S3_ENDPOINT, for example https://store:7480

      APP_URL
        found:    nothing
        expected: the address that users type
        to do:    set APP_URL, for example https://books.example.org

      MAINTENANCE
        found:    "yes"
        expected: on or off
        to do:    set MAINTENANCE, for example off

      PORT
        found:    "99999"
        expected: a port from 1 to 65535
        to do:    set PORT, for example 3000"
  `)
})

test('a secret is never printed, whatever is wrong with it', () => {
  const bad = Object.fromEntries(
    listVariables()
      .filter((variable) => variable.secret)
      .map(({ name }) => [name, secret]),
  )
  const { message, problems } = problemsOf({ ...good, ...bad })
  expect(problems.map(({ name }) => name)).toEqual([
    'DATABASE_URL',
    'REDIS_URL',
    'APP_SECRET',
    'APP_SECRET_PREVIOUS',
  ])
  expect(message).not.toContain(secret)
})

test('a value may come from a file, without its last line end', async () => {
  const path = join(folder, 'app-secret')
  await writeFile(path, `${'y'.repeat(40)}\n`)
  const { APP_SECRET: _, ...rest } = good
  expect(readConfig('serve', { ...rest, APP_SECRET_FILE: path }).APP_SECRET).toBe('y'.repeat(40))
})

test('a missing file, an empty file and a value given twice are problems of the _FILE variable', async () => {
  const empty = join(folder, 'empty')
  await writeFile(empty, '\n')
  const { APP_SECRET: _, REDIS_URL: __, ...rest } = good
  const { problems } = problemsOf({
    ...rest,
    APP_SECRET_FILE: join(folder, 'none'),
    REDIS_URL_FILE: empty,
    S3_SECRET_KEY_FILE: empty,
  })
  expect(problems.map(({ name, found }) => [name, found.replace(folder, '')])).toEqual([
    ['S3_SECRET_KEY_FILE', 'S3_SECRET_KEY as well'],
    ['REDIS_URL_FILE', 'nothing'],
    ['APP_SECRET_FILE', '/none: ENOENT'],
  ])
})

test('a command asks only for what it uses', () => {
  expect(readConfig('migrate', { DATABASE_DIRECT_URL: 'postgres://app@db/app' })).toEqual({
    DATABASE_DIRECT_URL: 'postgres://app@db/app',
    LOG_LEVEL: 'info',
  })
})

test('every variable can be documented, and is read by a command', () => {
  const variables = listVariables()
  expect(variables.filter(({ commands }) => commands.length === 0)).toEqual([])
  const told = variables.map(({ description, example, expected }) => `${description} ${expected} ${example}`)
  expect(new Set(told).size).toBe(variables.length)
  expect(variables.filter(({ required }) => required).map(({ name }) => name)).toEqual([
    'DATABASE_URL',
    'DATABASE_DIRECT_URL',
    'REDIS_URL',
    'S3_ENDPOINT',
    'S3_ACCESS_KEY',
    'S3_SECRET_KEY',
    'APP_URL',
    'APP_SECRET',
  ])
})

test('examples of variables that have a form are valid', () => {
  const examples = listVariables().filter(({ type, secret }) => type !== 'text' && type !== 'path' && !secret)
  const environment = Object.fromEntries(examples.map(({ name, example }) => [name, example]))
  expect(() => readConfig('serve', { ...good, ...environment })).not.toThrow()
})

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['stack/app/src/main.ts', ...args], {
    env: { S3_SECRET_KEY: secret, APP_SECRET: secret },
  }).catch((error: { code: number; stdout: string; stderr: string }) => error)

test('the program refuses to start with 78 for a wrong environment and 64 for wrong usage', async () => {
  expect(await run()).toMatchObject({ code: 78, stdout: '', stderr: expect.not.stringContaining(secret) })
  expect(await run('sed')).toMatchObject({ code: 64, stderr: expect.stringContaining('Usage: app COMMAND') })
  expect(await run('seed', '--books', '1e9')).toMatchObject({ code: 64 })
  expect(await run('maintenance')).toMatchObject({ code: 64 })
})
