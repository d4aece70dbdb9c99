/** The words themselves, with the smallest player; and the real command they end in. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { milliseconds, sleepSeconds } from '../../src/runbook/duration.ts'
import { execute } from '../../src/runbook/execute.ts'
import {
  choice,
  flag,
  integer,
  moment,
  type ParamDefinition,
  secret,
  text,
  validateParam,
} from '../../src/runbook/params.ts'
import type { CommandCall, Player, StepOptions } from '../../src/runbook/player.ts'
import { openLab } from './support/lab.ts'

const lab = openLab()
afterAll(() => lab.remove())

/** Fresh words, with a player that records what reaches it. A command fails if its text says so. */
async function seated() {
  vi.resetModules()
  const { seat } = await import('../../src/runbook/player.ts')
  const words = await import('../../src/runbook/index.ts')
  const log: string[] = []
  let undo: StepOptions['undo']
  let attempts = 0
  const player: Player = {
    begin: ({ params }) => Object.fromEntries(params.map((name) => [name, `the ${name}`])),
    async step(title, body, options) {
      log.push(`step ${title}`)
      undo = options.undo
      if (options.unless)
        log.push(
          await options.unless().then(
            () => 'happened',
            () => 'not yet',
          ),
        )
      return String(await body())
    },
    async command({ display }: CommandCall, { test: isTest }) {
      log.push(`${isTest ? 'test' : 'run'} ${display}`)
      if (display.startsWith('fail') || (display.startsWith('third') && ++attempts < 3))
        throw Object.assign(new Error(display), { exitCode: 1, signal: null })
      if (display.startsWith('interrupt')) throw new Error('interrupted')
      return { stdout: 'out\n\n', text: () => 'out\n\n' } as Awaited<ReturnType<Player['command']>>
    },
    async confirm(question) {
      log.push(`confirm ${question}`)
    },
    async include(name, params) {
      log.push(`include ${name} ${JSON.stringify(params)}`)
    },
    async pause(milliseconds) {
      log.push(`pause ${milliseconds}`)
    },
  }
  seat(player)
  return { ...words, log, player, seat, goBack: () => undo?.() }
}

describe('the words', () => {
  test('without a player the runbook names the command to use', async () => {
    vi.resetModules()
    const { runbook } = await import('../../src/runbook/index.ts')
    expect(() => runbook({})).toThrow('This is a runbook. Play it with:  pnpm runbook NAME')
  })

  test('a runbook is a script that Node runs as it is', async () => {
    const file = fileURLToPath(new URL('corpus/commands.ts', import.meta.url))
    const run = promisify(execFile)(process.execPath, [file])
    await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('pnpm runbook NAME') })
  })

  test('one process plays one runbook', async () => {
    const { seat, player } = await seated()
    expect(() => seat(player)).toThrow('already being played')
  })

  test('runbook returns the params', async () => {
    const { runbook } = await seated()
    const { A } = runbook({ params: { A: text('A.') } })
    expect(A).toBe('the A')
  })

  test('a step returns text without trailing newlines, and nothing for a bare command', async () => {
    const { $, step } = await seated()
    expect(await step('Value', async () => (await $`a`).text())).toBe('out')
    expect(await step('Command', () => $`a`)).toBe('')
  })

  test('unless is a test; undo waits until it is asked for', async () => {
    const { $, step, log, goBack } = await seated()
    await step('S', () => $`a`, { unless: () => $`fail`, undo: () => $`b` })
    await goBack()
    expect(log).toEqual(['step S', 'test fail', 'not yet', 'run a', 'run b'])
  })

  test('a command starts when it is awaited, and once', async () => {
    const { $, log } = await seated()
    const command = $`a`
    expect(log).toEqual([])
    await command
    await command
    expect(log).toEqual(['run a'])
  })

  test('values are shown in their places, quoted', async () => {
    const { $, log } = await seated()
    await $`a --x=${'it works'} ${'plain'}`
    expect(log).toEqual(["run a --x='it works' plain"])
  })

  test('ok asks, and passes on what is no answer', async () => {
    const { $, ok, log } = await seated()
    expect(await ok($`a`)).toBe(true)
    expect(await ok($`fail`)).toBe(false)
    await expect(ok($`interrupt`)).rejects.toThrow('interrupted')
    expect(log).toEqual(['test a', 'test fail', 'test interrupt'])
  })

  test('retry tries until it works, and its last attempt is no test', async () => {
    const { $, retry, log } = await seated()
    await retry(5, '1s', () => $`third`)
    expect(log.splice(0)).toEqual(['test third', 'pause 1000', 'test third', 'pause 1000', 'test third'])
    await expect(retry(2, '10ms', () => $`fail`)).rejects.toThrow('fail')
    expect(log.splice(0)).toEqual(['test fail', 'pause 10', 'run fail'])
    await expect(retry(9, '10ms', () => $`interrupt`)).rejects.toThrow('interrupted')
    expect(log).toEqual(['test interrupt'])
  })

  test('fail, confirm and include reach their places', async () => {
    const { fail, confirm, include, log } = await seated()
    expect(() => fail('Stop.')).toThrow('Stop.')
    await confirm('Up?')
    await include('other', { A: 'x' })
    expect(log).toEqual(['confirm Up?', 'include other {"A":"x"}'])
  })
})

describe('execute', () => {
  beforeEach(() => lab.reset())
  const run = (parts: string[], values: string[] = []) =>
    execute({ display: '', parts, values }, { cwd: lab.dir, env: lab.env })

  test('values are in no argument and in no environment but bash’s own', async () => {
    const output = await run(['tr "\\0" " " </proc/$$/cmdline; printenv V0 || printf %s ', ''], ['hunter2'])
    expect(output.stdout).toMatch(/^bash -c .*"\$V0"/)
    expect(output.stdout.split('hunter2')).toEqual([expect.any(String), ''])
  })

  test('gets exactly the environment that it is given', async () => {
    const { stdout } = await run(['env'])
    expect(
      stdout
        .split('\n')
        .filter((line) => !/^(_|PWD|SHLVL|OLDPWD)=|^$/.test(line))
        .sort(),
    ).toEqual(
      Object.entries(lab.env)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
    )
  })

  test('stdin is empty, a failure rejects, and a pipeline fails with any of its commands', async () => {
    expect((await run(['cat'])).stdout).toBe('')
    await expect(run(['exit 7'])).rejects.toMatchObject({ exitCode: 7 })
    await expect(run(['false | cat'])).rejects.toMatchObject({ exitCode: 1 })
    await expect(run(['probe "$NOT_THERE"'])).rejects.toMatchObject({ exitCode: 1 })
    expect(lab.calls()).toEqual([])
  })

  test('ends with its children when it is aborted', async () => {
    const controller = new AbortController()
    const running = execute(
      { display: '', parts: ['sleep 60 | cat'], values: [] },
      { cwd: lab.dir, env: lab.env, signal: controller.signal },
    )
    setTimeout(() => controller.abort(), 100)
    const started = performance.now()
    await expect(running).rejects.toMatchObject({ signal: expect.anything() })
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

describe('validateParam', () => {
  const problem = (param: ParamDefinition, value: string) => validateParam({ ...param, name: 'X' }, value)

  test.each([
    '2026-11-21T13:45:00Z',
    '2026-11-21T13:45:00+01:00',
    '2026-11-21 13:45:00.123456+01',
    '2024-02-29T00:00:00-0330',
    '',
  ])('the moment %j is good', (value) => {
    expect(problem(moment('M.', ''), value)).toBeUndefined()
  })

  test.each([
    '2026-11-21T13:45:00',
    '2026-11-21',
    'yesterday',
    '2026-02-30T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T13:45:00+25:00',
    ' 2026-11-21T13:45:00Z',
    '2026-11-21T13:45:00Z\n',
  ])('the moment %j is not', (value) => {
    expect(problem(moment('M.', ''), value)).toMatchSnapshot()
  })

  test('the other kinds', () => {
    expect(problem(text('T.'), '')).toMatchInlineSnapshot(
      `"X must be given and not be empty. Example: any text"`,
    )
    expect(problem(text('T.', ''), '')).toBeUndefined()
    expect(problem(text('T.'), 'a\0b')).toMatchInlineSnapshot(
      `"X contains a NUL character, which no program can be given as an argument. Example: any text"`,
    )
    expect(problem(secret('S.'), '')).toMatchInlineSnapshot(
      `"X must be given and not be empty. Example: any text"`,
    )
    expect(problem(choice('C.', ['a', 'b']), 'c')).toMatchInlineSnapshot(`"X cannot be "c". Example: a or b"`)
    expect(problem(choice('C.', ['a', 'b']), 'b')).toBeUndefined()
    expect(problem(integer('I.'), '007')).toMatchInlineSnapshot(
      `"X must be a whole number, not "007". Example: 12"`,
    )
    expect(problem(integer('I.'), '-12')).toBeUndefined()
    expect(problem(flag('F.'), 'false')).toMatchInlineSnapshot(
      `"X must be 'true' or empty, not "false". Example: true, or nothing"`,
    )
    expect(problem(flag('F.'), 'true')).toBeUndefined()
  })
})

test('durations', () => {
  expect(['500ms', '0.5s', '90s', '1.5m', '4h', '7d'].map((each) => milliseconds(each))).toEqual([
    500, 500, 90_000, 90_000, 14_400_000, 604_800_000,
  ])
  expect(['', '5', '-1s', '1 s', '1e3s', 's'].map((each) => milliseconds(each))).toEqual(
    Array(6).fill(undefined),
  )
  expect(['500ms', '2m'].map(sleepSeconds)).toEqual(['0.5', '120'])
})
