import { expect, test } from 'vitest'
import type { Handover } from '../../src/drill/handover.ts'
import type { OwnStack } from '../../src/drill/stack.ts'
import { shareStacks } from '../../src/drill/stacks.ts'
import type { System } from '../../src/drill/types.ts'

const system = {} as System<object>
type Before = (name: string) => Promise<void>
const small: Before = async () => {}
const other: Before = async () => {}

/** A pool whose stacks are only names; `said` tells what became of them. */
function pool(handover?: Handover) {
  const said: string[] = []
  let count = 0
  const stacks = shareStacks(async (root, _system, { before } = {}) => {
    const name = `stack-${++count}`
    await before?.(name, root)
    said.push(`${name} starts`)
    return { name, remove: async () => void said.push(`${name} is removed`) } as OwnStack
  }, handover)
  const use = (before?: Before, whole = true) =>
    stacks.use({ root: '/', system, before }, async ({ name }) => ({ result: name, whole }))
  return { stacks, use, said }
}

test('plays share a stack, and never one that a scenario has asked for', async () => {
  const { use } = pool()
  expect(await use()).toBe('stack-1')
  expect(await use(small)).toBe('stack-2')
  expect(await use()).toBe('stack-1')
  expect(await use(small)).toBe('stack-2')
  expect(await use(other)).toBe('stack-3')
})

test('what a scenario asks for is made before its stack starts, under its name', async () => {
  const { use, said } = pool()
  await use(async (name) => void said.push(`${name} is prepared`))
  expect(said).toEqual(['stack-1 is prepared', 'stack-1 starts'])
})

test('a stack that is not whole is removed, and the others at the end', async () => {
  const { stacks, use, said } = pool()
  await use(small, false)
  await use(small)
  await stacks[Symbol.asyncDispose]()
  expect(said).toEqual(['stack-1 starts', 'stack-1 is removed', 'stack-2 starts', 'stack-2 is removed'])
})

test('with a handover, what is left at the end is left to the next, who takes it first', async () => {
  const left: string[] = []
  const handover: Handover = {
    take: () => (left.length > 0 ? ({ name: left.pop(), remove: async () => {} } as OwnStack) : undefined),
    started: async () => {},
    leave: async ({ name }) => void left.push(name),
  }
  const one = pool(handover)
  await one.use()
  await one.stacks[Symbol.asyncDispose]()
  expect(left).toEqual(['stack-1'])

  const two = pool(handover)
  expect(await two.use()).toBe('stack-1')
  expect(two.said).toEqual([])
  await two.use(small)
  await two.stacks[Symbol.asyncDispose]()
  // What a scenario has asked for is for nobody else.
  expect(two.said).toEqual(['stack-1 starts', 'stack-1 is removed'])
  expect(left).toEqual(['stack-1'])

  // And beside a stack of such a kind none waits.
  await pool(handover).use(small)
  expect(left).toEqual([])
})
