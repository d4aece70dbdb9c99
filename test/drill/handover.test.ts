import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { handOver } from '../../src/drill/handover.ts'
import type { OwnStack } from '../../src/drill/stack.ts'
import type { Digest, System } from '../../src/drill/types.ts'

const next = 4711
let root: string
let state: Digest
let removed: boolean
const system = { state: async () => ({ ...state }) } as unknown as System<object>
const remove = async () => {
  removed = true
}
const stack = () => ({ root, name: 'drill-abc', remove }) as unknown as OwnStack
const owner = () => readFileSync(join(root, 'environments/drill-abc.env'), 'utf8').split('\n')[0]

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'handover-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'environments'))
  writeFileSync(
    join(root, 'environments/drill-abc.env'),
    '# Process 1\nENVIRONMENT=drill-abc\nENVIRONMENT_KIND=sandbox\nCOMPOSE_PROJECT_NAME=drill-abc\nCOMPOSE_FILE=stack/compose.yaml\n',
  )
  state = { books: 'as they were' }
  removed = false
})

test('a stack that is as it was is taken by one, and no longer belongs to who left it', async () => {
  const first = handOver(next)
  await first.started(stack(), system)
  await first.leave(stack(), system)
  expect(owner()).toMatch(/ 4711$/)

  const second = handOver(next)
  expect(second.take(root)?.name).toBe('drill-abc')
  expect(owner()).toMatch(new RegExp(` ${process.pid}$`))
  expect(handOver(next).take(root)).toBeUndefined()
  expect(readdirSync(join(root, '.drillbook/stacks'))).toEqual([])

  // What it was like at its start goes with it.
  state.books = 'others'
  await second.leave(stack(), system)
  expect(removed).toBe(true)
})

test('a stack that is not as it was, or of which that is not known, is removed', async () => {
  const { started, leave, take } = handOver(next)
  await leave(stack(), system)
  expect(removed).toBe(true)

  removed = false
  await started(stack(), system)
  state.covers = 'more'
  await leave(stack(), system)
  expect(removed).toBe(true)
  expect(take(root)).toBeUndefined()
})

test('a stack that cannot tell what it is like is removed', async () => {
  const { started, leave } = handOver(next)
  await started(stack(), system)
  const silent = { state: () => Promise.reject(new Error('no answer')) } as unknown as System<object>
  await leave(stack(), silent)
  expect(removed).toBe(true)
})

test('one that is gone, whatever a run that was killed has left, is not taken', async () => {
  const { started, leave, take } = handOver(next)
  await started(stack(), system)
  await leave(stack(), system)
  rmSync(join(root, 'environments/drill-abc.env'))
  expect(take(root)).toBeUndefined()
})
