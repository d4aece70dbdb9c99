/**
 * The README's first command, in a checkout of its own and in a terminal: nothing is up, a disaster comes, every row is back.
 * What the quick start shows of it is recorded here: `RECORD=yes pnpm vitest run --project drill main-job`.
 */
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { copyCheckout } from '../../src/drill/checkout.ts'
import { freePort } from '../../src/drill/free-port.ts'
import { openTerminal } from '../../src/drill/terminal.ts'

const recorded = 'docs/start/first-restore.txt'
const project = `drill-job-${randomBytes(3).toString('hex')}`
const copy = mkdtempSync(join(tmpdir(), 'drillbook-job-'))
/** Here a drill file's scenarios become tests; there they are played. */
const env = { DRILL_TESTS: '' }
const run = (file: string, ...args: string[]) =>
  execa(process.execPath, [file, ...args], { cwd: copy, env, all: true, reject: false, timeout: 540_000 })

beforeAll(async () => {
  copyCheckout(process.cwd(), copy, ['sandbox'])
  const file = join(copy, 'environments/sandbox.env')
  const [https, http] = [await freePort(), await freePort()]
  const changed = readFileSync(file, 'utf8')
    // It builds the images as the others do, whose stacks must go on finding theirs by their names.
    .replace(/^COMPOSE_PROJECT_NAME=.*/m, `COMPOSE_PROJECT_NAME=${project}\nIMAGE_TAG=${project}`)
    .replaceAll('8443', String(https))
    .replaceAll('8080', String(http))
  writeFileSync(file, changed)
})

afterAll(async () => {
  await run('src/cli/sandbox.ts', 'down')
  rmSync(copy, { recursive: true })
  const named = ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', '--filter']
  const { stdout } = await execa('docker', [...named, `reference=drillbook/*:${project}`])
  // None, if they could not be built: then that is what is to be read.
  if (stdout) await execa('docker', ['image', 'rm', ...stdout.split('\n')])
}, 120_000)

test('a newcomer watches a table being lost and coming back, as the quick start shows it', async () => {
  const { PATH = '', HOME = '' } = process.env
  const terminal = await openTerminal('bash', { directory: copy, env: { PATH, HOME, LANG: 'C.UTF-8' } })
  onTestFinished(() => terminal.close())
  const command = `'${process.execPath}' src/cli/main.ts restore`
  const { status, output: all } = await terminal.paste(command, { timeoutSeconds: 540 })
  expect(status, all.split('\n').slice(-15).join('\n')).toBe(0)
  expect(all).toMatch(/A table is dropped by mistake\. \d+ rows had been acknowledged/)
  expect(all).toMatch(/[1-9]\d* rows compared: 0 missing, 0 that must not be there/)
  expect(all).toMatch(/[1-9]\d* objects compared: 0 different/)
  expect(all).toMatch(/Users were served again \d+\.\d s after the disaster/)
  // The sandbox of a newcomer has the port of the file; this one must not take it.
  if (process.env['RECORD']) writeFileSync(recorded, `${all.replace(/localhost:\d+/, 'localhost:8443')}\n`)
  expect(words(all)).toEqual(words(readFileSync(recorded, 'utf8')))
})

/** Each line without what is different each time: how long it took, figures, and the name of the run. */
const words = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/\b\d{8}T\d{6}Z-[a-z-]+-\w+/g, 'RUN')
        .replace(/\b(?:\d+ min )?\d+(?:\.\d+)? s\b/g, '0 s')
        .replace(/\d+/g, '0')
        .replace(/ {2,}/g, '  '),
    )

test('the runbook that the guide writes is checked and rehearsed there', async () => {
  copyFileSync('test/guide/restart-service.ts', join(copy, 'runbooks/restart-service.ts'))
  copyFileSync('test/guide/restart-service.drill.ts', join(copy, 'test/drills/restart-service.drill.ts'))
  const check = await run('src/cli/main.ts', 'check', 'restart-service')
  expect(check.exitCode, check.all).toBe(0)
  const { exitCode, all = '' } = await run('src/cli/main.ts', 'restart-service')
  expect(exitCode, all.split('\n').slice(-15).join('\n')).toBe(0)
  expect(all).toMatch(/The cache has stopped\. \d+ rows had been acknowledged/)
  expect(all).toMatch(/[1-9]\d* rows compared: 0 missing, 0 that must not be there/)
})

test('the sandbox stays to be looked at, and leaves nothing when it is taken down', async () => {
  expect((await run('src/cli/sandbox.ts', 'status')).all).toMatch(/^ *db +running +healthy/m)
  expect(await left()).not.toBe('')
  expect((await run('src/cli/sandbox.ts', 'down')).exitCode).toBe(0)
  expect(await left()).toBe('')
})

/** Containers, networks and volumes of the project. */
async function left(): Promise<string> {
  const filter = ['--quiet', '--filter', `label=com.docker.compose.project=${project}`]
  const lists = [
    ['ps', '--all'],
    ['network', 'ls'],
    ['volume', 'ls'],
  ].map(async (what) => (await execa('docker', [...what, ...filter])).stdout.trim())
  return (await Promise.all(lists)).join('')
}
