import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { reservedReason } from '../../src/runbook/names.ts'
import { readSource } from '../../src/runbook/read.ts'
import { around, inStep, problems } from './support/sources.ts'

const param = (name: string) => around(`await step('S', () => $\`a \${${name}}\`)`, `${name}: text('A.', '')`)

test('names are upper case, unique, and not a shell’s', async () => {
  expect(await problems(param('target'))).toMatchInlineSnapshot(`
    [
      "4:40 found the name \`target\`; write a name in upper case: RESTORE_TO",
    ]
  `)
  expect(await problems(param('A__B'))).toHaveLength(1)
  expect(await problems(param('UID'))).toMatchInlineSnapshot(`
    [
      "4:37 found the name \`UID\`; the shell uses it; write another name",
    ]
  `)
  expect(await problems(param('COMPOSE_FILE'))).toMatchInlineSnapshot(`
    [
      "4:46 found the name \`COMPOSE_FILE\`; Docker reads it; write another name",
    ]
  `)
  expect(await problems(param('ON'))).toHaveLength(1)
  expect(
    await problems(inStep("for (const A of ['x']) await $`a ${A}`", "A: text('A.', '')")),
  ).toMatchInlineSnapshot(`
    [
      "6:12 found the name \`A\` a second time; write a name of its own for each param, value and loop",
    ]
  `)
  expect(
    await problems(around("const PATH = await step('S', async () => (await $`a`).text())")),
  ).toHaveLength(1)
})

test('a name of the environment’s is not for a param: entering would replace its value', async () => {
  const reserved = new Map([['HTTPS_PORT', 'environments/sandbox.env sets it']])
  await expect(readSource(param('HTTPS_PORT'), 'runbooks/test.ts', { reserved })).rejects.toThrow(
    'found the name `HTTPS_PORT`; environments/sandbox.env sets it',
  )
})

/** Not from this test's own environment: a name that the shell itself has when nothing is given to it. */
describe('every name that the installed shells set themselves is reserved', () => {
  const names = (file: string, args: string[]) =>
    execFileSync(file, args, { encoding: 'utf8', env: { PATH: process.env.PATH } })
      .split('\n')
      .filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name))
  test.each([
    ['bash', names('bash', ['--norc', '--noprofile', '-ic', 'compgen -v'])],
    ['zsh', names('zsh', ['-fic', 'zmodload zsh/zle zsh/datetime zsh/parameter; print -l ${(k)parameters}'])],
  ])('%s', (_, found) => {
    expect(found.length).toBeGreaterThan(30)
    expect(found.filter((name) => reservedReason(name, new Map()) === undefined)).toEqual([])
  })
})

test('every word that is built into one of the shells is refused as a program, but for the few that agree', async () => {
  const builtins = [
    ...execFileSync('bash', ['-c', 'compgen -b -k'], { encoding: 'utf8' }).split('\n'),
    ...execFileSync(
      'zsh',
      ['-fc', 'zmodload zsh/zle zsh/parameter; print -l ${(k)builtins} ${(k)reswords}'],
      { encoding: 'utf8' },
    ).split('\n'),
  ]
  const allowed: string[] = []
  for (const word of new Set(builtins.filter((each) => /^[a-z-]+$/.test(each)))) {
    if ((await problems(inStep(`await $\`${word} x\``))).length === 0) allowed.push(word)
  }
  expect(allowed.sort()).toMatchInlineSnapshot(`
    [
      "echo",
      "false",
      "printf",
      "test",
      "true",
    ]
  `)
})
