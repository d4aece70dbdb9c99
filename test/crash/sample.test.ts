/**
 * A sample of the crash matrix: some of the points of a runbook, in one run. The seed is the commit, is
 * printed, and repeats the choice: `CRASH_SEED=N`. All of it, one kill a run: `pnpm test:crash`.
 */
import { execa } from 'execa'
import { expect, test } from 'vitest'

const seed = process.env.CRASH_SEED ?? ''

test(`the runner is killed and goes on (CRASH_SEED=${seed})`, async () => {
  const options = ['--seed', seed, '--runbooks', '1', '--sample', '7', '--together', '7']
  const { exitCode, all } = await execa(process.execPath, ['src/drill/crash/main.ts', ...options], {
    all: true,
    reject: false,
    timeout: 840_000,
  })
  console.log(all)
  expect(exitCode).toBe(0)
})
