import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, project } from './project.ts'

/** Every service comes back by itself when its processes are killed, and so does the whole. */
let stack: Awaited<ReturnType<typeof project>>
let seconds: number
beforeAll(async () => {
  stack = await project()
  const started = Date.now()
  await stack.up()
  seconds = (Date.now() - started) / 1000
})
afterAll(() => stack[Symbol.asyncDispose]())

type Container = { Service: string; State: string; Health: string }
const containers = async (): Promise<Container[]> =>
  (await stack.must('ps', '--format', 'json')).split('\n').map((line) => JSON.parse(line))
const healthy = (list: Container[]) => list.length === 9 && list.every(({ Health }) => Health === 'healthy')

test('the whole stack is healthy in 30 s from nothing, with its first backup', async () => {
  expect(seconds).toBeLessThan(30)
  expect(await stack.exec('toolbox', 'pgbackrest', 'info')).toContain('full backup')
})

test.each(['cache', 'pooler', 'proxy', 'toolbox', 'scheduler', 'db', 'store', 'app'])(
  'killed: %s',
  async (service) => {
    // All processes of the container's user, which is every one but the engine's init.
    await stack.compose('exec', '-T', service, 'bash', '-c', 'kill -KILL -1')
    await eventually(5, containers, (list) => !healthy(list))
    expect(healthy(await eventually(45, containers, healthy))).toBe(true)
    const ready = () => stack.compose('exec', '-T', 'app', 'http-ok', '3000', '/readyz')
    expect((await eventually(20, ready, ({ code }) => code === 0)).code).toBe(0)
  },
)

test('a store that lost its memory gets a new stanza and a new full backup', async () => {
  const info = () => stack.exec('toolbox', 'pgbackrest', 'info')
  expect(await eventually(45, info, (text) => text.includes('full backup'))).toContain('full backup')
})
