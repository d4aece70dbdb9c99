import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const bin = 'stack/images/toolbox/bin'
const lines = /<<'ITEMS'\n(.*?)\nITEMS\n/s.exec(readFileSync(`${bin}/readiness-items`, 'utf8'))?.[1] ?? ''
const items = lines.split('\n').map((line) => line.split('|').map((field) => field.trim()))
const checks = [...readFileSync(`${bin}/readiness-checks`, 'utf8').matchAll(/^(\w+)\(\)/gm)].map(
  ([, name]) => name,
)

test('every item has its seven fields, and an id of its own', () => {
  expect(items.filter((fields) => fields.length !== 7 || fields.includes(''))).toEqual([])
  const ids = items.map(([, , id]) => id)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  expect(ids.filter((id) => !/^[a-z][a-z-]*$/.test(id ?? ''))).toEqual([])
})

test('every item is on known lists, in a known area, and asked somewhere', () => {
  const lists = items.flatMap(([list = '']) => list.split(','))
  expect(new Set(lists)).toEqual(new Set(['pre-deploy', 'deploy', 'post-deploy', 'production']))
  const areas = items.filter(([list]) => list?.includes('production')).map(([, area]) => area)
  expect(new Set(areas)).toEqual(
    new Set(['infrastructure', 'application', 'security', 'data', 'operations', 'documentation']),
  )
  expect(new Set(items.map(([, , , where]) => where))).toEqual(new Set(['all', 'real']))
})

test('every check that an item names is there, and only a person is asked without one', () => {
  const named = items.map(([, , , , , check]) => check ?? '').filter((check) => check !== 'person')
  expect(named.filter((check) => !checks.includes(check))).toEqual([])
  expect(named.length).toBeGreaterThan(35)
})

test('what a sandbox is asked can be seen by a command', () => {
  expect(items.filter(([, , , where, , check]) => where === 'all' && check === 'person')).toEqual([])
})
