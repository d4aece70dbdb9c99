/** What status-facts asks is there to be asked. That the answers are right: status.test.ts. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'

const bin = 'stack/images/toolbox/bin'
const read = (program: string) => readFileSync(`${bin}/${program}`, 'utf8')
const rows = (program: string) =>
  (/<<'ITEMS'\n(.*?)\nITEMS\n/s.exec(read(program))?.[1] ?? '')
    .split('\n')
    .map((line) => line.split('|').map((field) => field.trim()))
const items = rows('status-items')

test('every item is a check: one of readiness-items that needs no person, or a function', () => {
  const ready = rows('readiness-items').flatMap(([, , id, , , check]) => (check === 'person' ? [] : [id]))
  const persons = rows('readiness-items').flatMap(([, , id, , , check]) => (check === 'person' ? [id] : []))
  const functions = [...read('status-facts').matchAll(/^(\w+)\(\)/gm)].map(([, name]) => name)
  const named = items.map(([, , , item]) => item)
  expect(named.filter((item) => ![...ready, ...functions].includes(item))).toEqual([])
  // A function of the name of such an item would never be called.
  expect(named.filter((item) => persons.includes(item))).toEqual([])
})

test('every item has a name of its own, says what it means if it is not so, and what to do', () => {
  expect(items.filter((fields) => fields.length !== 7)).toEqual([])
  expect(new Set(items.map(([, group, name]) => `${group} ${name}`)).size).toBe(items.length)
  expect(new Set(items.map(([, , , , failing]) => failing))).toEqual(new Set(['bad', 'warn']))
})

test('every runbook that is named is there, with the params that are given', async () => {
  const runbooks = await listRunbooks('.')
  for (const words of items.map(([, , , , , runbook = '']) => runbook.split(' ')).filter(([name]) => name)) {
    const [name = '', param, value] = words
    expect(runbooks).toContain(name)
    const { params } = await readRunbook('.', name, { commands: false })
    const known = params.find((each) => `--${each.name}` === param)
    expect(param === undefined || known?.choices?.includes(value ?? '')).toBe(true)
  }
})
