import { describe, expect, test } from 'vitest'
import { commandEnv, isLocalEngine, parseEntries } from '../../src/run/environment.ts'

const environment = (entries: Record<string, string>) => ({
  name: 'production',
  file: 'environments/production.env',
  entries,
  disposable: false,
})

describe('the file of an environment', () => {
  test('takes bare and single-quoted values, comments and empty lines', () => {
    const { entries, problems } = parseEntries("# a comment\n\nA=1\nB='two words'\nC=\n", 'x.env')
    expect({ entries, problems }).toEqual({ entries: { A: '1', B: 'two words', C: '' }, problems: [] })
  })

  test('names every line that a shell, compose and Node would read differently', () => {
    const { problems } = parseEntries("A=$B\nB=\"x\"\nno entry\nC=a b\nD=1\nD=2\nE='it's'\n", 'x.env')
    expect(problems).toMatchInlineSnapshot(`
      [
        "x.env:1: the value of A needs single quotes: A='…' (and has none inside)",
        "x.env:2: the value of B needs single quotes: B='…' (and has none inside)",
        "x.env:3: found “no entry”, expected KEY=value",
        "x.env:4: the value of C needs single quotes: C='…' (and has none inside)",
        "x.env:6: D is set twice",
        "x.env:7: the value of E needs single quotes: E='…' (and has none inside)",
      ]
    `)
  })
})

test('nothing that redirects gets from the caller into a command', () => {
  const caller = {
    ...{ PATH: '/bin', HOME: '/root', LC_ALL: 'C', XDG_RUNTIME_DIR: '/run', SSH_AUTH_SOCK: '/s' },
    ...{
      DOCKER_HOST: 'tcp://elsewhere',
      DOCKER_CONTEXT: 'x',
      DOCKER_CONFIG: '/x',
      COMPOSE_FILE: 'other.yaml',
    },
    ...{
      PGHOST: 'x',
      PGPASSWORD: 'x',
      AWS_PROFILE: 'x',
      S3_ENDPOINT: 'x',
      DATABASE_URL: 'x',
      BASH_ENV: '/x',
    },
  }
  expect(commandEnv(environment({ COMPOSE_FILE: 'stack/compose.yaml' }), caller)).toEqual({
    ...{ PATH: '/bin', HOME: '/root', LC_ALL: 'C', XDG_RUNTIME_DIR: '/run', SSH_AUTH_SOCK: '/s' },
    COMPOSE_FILE: 'stack/compose.yaml',
  })
})

test.each([
  ['unix:///var/run/docker.sock', true],
  ['npipe:////./pipe/docker_engine', true],
  ['ssh://operator@server', false],
  ['tcp://127.0.0.1:2375', false],
  ['', false],
])('an engine at %j is this machine’s own: %j', (address, local) => {
  expect(isLocalEngine(address)).toBe(local)
})
