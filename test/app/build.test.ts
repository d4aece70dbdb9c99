import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the same sources give the same bytes, wherever they are built from and to', async () => {
  const script = resolve('stack/app/build.ts')
  const run = promisify(execFile)
  await run(process.execPath, [script, join(folder, 'one')])
  await run(process.execPath, [script, join(folder, 'two')], { cwd: folder })
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => readFile(join(folder, name, 'app.mjs'), 'utf8')),
  )
  expect(one === two).toBe(true)
  expect(one).not.toContain(process.cwd())
  expect(await readdir(join(folder, 'one/migrations'))).toEqual(await readdir('stack/app/migrations'))
})

test('the bundle stands alone', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'one/app.mjs'), 'help'], {
    cwd: folder,
  })
  expect(stdout).toContain('Usage: app COMMAND')
})
