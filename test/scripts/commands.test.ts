/** The commands that the handbook tells people to type: each must lead somewhere. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SUBCOMMANDS } from '../../src/cli/project.ts'
import { commands as forms, options } from '../../src/cli/usage.ts'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { readCompose } from '../../src/site/compose.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
const services = readCompose(read('stack/compose.yaml')).services.map(({ name }) => name)
const runbooks = await listRunbooks(root)
/** The guide’s own, and the adopter’s first. */
const guided = globSync(['test/guide/*.drill.ts', 'scripts/adopt/template/test/drills/*.drill.ts'], {
  cwd: root,
}).map((file) => basename(file, '.drill.ts'))
const params = new Map(
  await Promise.all(
    runbooks.map(async (name) => {
      const document = await readRunbook(root, name, { commands: false })
      return [name, document.params.map((param) => `--${param.name}`)] as const
    }),
  ),
)
const ownPrograms = globSync('stack/images/*/bin/*', { cwd: root }).map((file) => basename(file))
/** What the images have from Debian, and the application’s commands. */
const otherPrograms = [
  'amtool',
  'cat',
  'curl',
  'maintenance',
  'pgbackrest',
  'psql',
  'reconcile',
  'seed',
  'tee',
]
const known = [...forms.flat(), ...options].flatMap(
  ([form, what]) => `${form} ${what}`.match(/--[a-z-]+/g) ?? [],
)

/** Stands for whatever the reader puts there. */
const placeholder = /^[[\]A-Z_|…]+$/

/** A line of shell → what is wrong with it, or undefined. */
function problem(line: string): string | undefined {
  for (const command of line.split(/\s*(?:&&|;|\|)\s*/)) {
    const words = command.split(/\s+/).filter((word) => word && !/^\w+=\S+$/.test(word))
    const [program = '', ...rest] = words
    const found =
      program.startsWith('scripts/') && !existsSync(join(root, program))
        ? `there is no ${program}`
        : program === 'pnpm'
          ? pnpm(rest)
          : program === 'docker' && rest[0] === 'compose'
            ? compose(rest.slice(1))
            : undefined
    if (found) return found
  }
  return undefined
}

function pnpm(words: string[]): string | undefined {
  const [script = '', ...rest] = words.filter((word) => word !== '--silent' && word !== 'run')
  // The last two are pnpm’s own.
  if (!(script in scripts) && !['exec', 'audit'].includes(script))
    return `there is no script ${script} in package.json`
  if (script === 'runbook') return runbook(rest)
  if (
    script === 'drill' &&
    rest[0] &&
    !placeholder.test(rest[0]) &&
    ![...runbooks, ...guided].includes(rest[0]) &&
    rest[0] !== '--all'
  )
    return `there is no runbook ${rest[0]}`
  return undefined
}

function runbook([name, ...rest]: string[]): string | undefined {
  if (name === undefined || name.startsWith('-') || placeholder.test(name)) return undefined
  if (![...runbooks, ...guided, ...SUBCOMMANDS].includes(name)) return `there is no runbook ${name}`
  for (const word of rest) {
    const option = /^--[^=]+/.exec(word)?.[0]
    if (option && ![...known, ...(params.get(name) ?? [])].includes(option))
      return `there is no option ${option}`
  }
  return undefined
}

/** The first word that is no option is the service, the next one the program. */
function compose(words: string[]): string | undefined {
  const [action = '', ...rest] = words[0] === '--env-file' ? words.slice(2) : words
  if (!['exec', 'run', 'stop', 'start', 'logs', 'up', 'ps', 'restart'].includes(action))
    return `docker compose ${action} is not checked by this test`
  const [service, program] = rest.filter((word) => !word.startsWith('-'))
  if (service && !services.includes(service)) return `there is no service ${service}`
  if (!['exec', 'run'].includes(action) || !program) return undefined
  return [...ownPrograms, ...otherPrograms].includes(program)
    ? undefined
    : `${program} is not known to be in an image`
}

/** Lines of sh fences, and code between words that begins like a command. */
function commandsIn(text: string): string[] {
  const fences = [...text.matchAll(/^( *)```sh\b.*\n([\s\S]*?)^ *```/gm)].flatMap(([, , body = '']) =>
    body.split('\n').map((line) => line.replace(/(^|\s)#.*/, '').trim()),
  )
  const inline = text
    .replace(/^ *```[\s\S]*?^ *```/gm, '')
    .matchAll(/`((?:pnpm|scripts\/|docker compose)[^`]*)`/g)
  return [...fences, ...[...inline].map(([, code = '']) => code.replace(/\s+/g, ' '))].filter(Boolean)
}

const files = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.{md,mdx}', { cwd: root })]
const found = files.flatMap((file) =>
  commandsIn(read(file)).map((command) => ({ file: `${file}:${lineOf(read(file), command)}`, command })),
)

/** Where a command stands; or, if it goes on in the next line, one that begins like it. */
function lineOf(text: string, command: string): number {
  const lines = text.split('\n').map((line) => line.replace(/\s+/g, ' '))
  const at = (words: string) => lines.findIndex((line) => line.includes(words)) + 1
  return at(command) || at(command.split(' ').slice(0, 2).join(' '))
}

test.each(found)('$file: $command', ({ command }) => {
  expect(problem(command)).toBeUndefined()
})

/** The first word after the options: options of `run` and `exec` in runbooks take no value of their own. */
const usesOf = (source: string, action: 'exec' | 'run') =>
  [...source.matchAll(new RegExp(`docker compose ${action} ((?:-\\S+ )*)([a-z][\\w-]*)`, 'g'))].map(
    ([, , service]) => service,
  )

/** Looks at files, and ends within a second whoever is gone. What meets it finds no store, says so, and has changed nothing. */
const brief = 'docker compose run --rm --no-deps -T store store-preflight'

/**
 * With Compose 2.26, `exec db` may choose a container of `run db`: one that an operator who is gone has left at work.
 * What was started there ends with it, in the middle.
 */
test('no runbook runs a service of which another container is given commands', () => {
  const source = globSync('runbooks/*.ts', { cwd: root }).map(read).join('\n')
  expect(source).toContain(brief)
  const [run, executed] = [usesOf(source.replace(brief, ''), 'run'), usesOf(source, 'exec')]
  expect(run).toContain('db-tools')
  expect(executed).toContain('toolbox')
  expect(run.filter((service) => executed.includes(service))).toEqual([])
})

test('--help names every option that a command takes, and no other', () => {
  const sources = globSync('src/cli/*.ts', { cwd: root }).filter((file) => !/args|sandbox/.test(file))
  const taken = sources.flatMap((file) =>
    [...read(file).matchAll(/(?:flags|values|optional): \[([^\]]*)\]/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/'([a-z-]+)'/g)].map(([, name]) => `--${name}`),
    ),
  )
  // Of a runbook, not of the program.
  const named = known.filter((option) => option !== '--restore-to' && option !== '--help')
  expect([...new Set(named)].sort()).toEqual([...new Set(taken)].sort())
})

test('the handbook has commands', () => {
  expect(found.length).toBeGreaterThan(30)
})

describe('would be caught:', () => {
  test.each([
    ['scripts/boostrap && pnpm test', 'there is no scripts/boostrap'],
    ['pnpm tests', 'there is no script tests in package.json'],
    ['pnpm runbook restor --on production', 'there is no runbook restor'],
    ['pnpm runbook restore --to now', 'there is no option --to'],
    ['docker compose exec -T tolbox psql', 'there is no service tolbox'],
    ['docker compose exec -T db no-such-program', 'no-such-program is not known to be in an image'],
  ])('%s', (command, why) => {
    expect(problem(command)).toBe(why)
  })

  test('a fence with a prompt of its own, and code between words', () => {
    expect(
      commandsIn('Type `pnpm  a`.\n\n  ```sh\n  one # why\n  two\n  ```\n\n```ts\nthree\n```\n'),
    ).toEqual(['one', 'two', 'pnpm a'])
  })
})
