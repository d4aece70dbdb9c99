import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { file, known, stored } from '../../scripts/bench/main.ts'
import { read } from '../../scripts/bench/read.ts'
import { inTurn, spreadOf } from '../../scripts/bench/result.ts'
import { start } from '../../scripts/bench/start.ts'
import { performance_ } from '../../src/site/performance.ts'

const root = join(import.meta.dirname, '../..')

test('the page’s figures are whole, and there is a place for every benchmark', () => {
  const written = performance_.parse(JSON.parse(readFileSync(join(root, file), 'utf8')))
  expect(written).toEqual(stored(root))
  expect(written.benchmarks.map(({ name }) => name)).toEqual(known.map(({ name }) => name))
})

test('median and spread', () => {
  expect(spreadOf([5, 1, 100, 2, 3])).toEqual({ median: 3, p10: 1, p90: 100, n: 5 })
  expect(spreadOf([12.345])).toEqual({ median: 12.3, p10: 12.3, p90: 12.3, n: 1 })
})

test('variants are run in turn', async () => {
  const order: string[] = []
  const run = (name: string) => () => order.push(name)
  await inTurn(2, { a: run('a'), b: run('b') })
  expect(order).toEqual(['a', 'b', 'a', 'b'])
})

test('starting is measured beside what it is built on', { timeout: 120_000 }, async () => {
  const rows = await start(root, 1)
  expect(rows.map(({ what }) => what).slice(0, 2)).toEqual(['bare Node', 'bare zx'])
  for (const { median, n } of rows) expect([median > 0, n]).toEqual([true, 1])
})

test('reading is measured with as many runbooks as it says', { timeout: 120_000 }, async () => {
  expect(await read(root, 1, [2])).toMatchObject([{ what: '2 runbooks', unit: 's', n: 1 }])
})
