import { expect, test } from 'vitest'
import { compare, type NamedObject } from '../../stack/app/src/reconcile.ts'
import type { StoredObject } from '../../stack/app/src/store.ts'

const before = new Date('2026-01-01T00:00:00Z')
const start = new Date('2026-01-02T00:00:00Z')

const row = (key: string, books = [`of ${key}`], size = 1, updated = before): NamedObject => ({
  key,
  minSize: size,
  maxSize: size,
  books,
  updated,
})
const object = (key: string, size = 1, modified = before): StoredObject => ({ key, size, modified })

async function* each<T>(items: Iterable<T>) {
  yield* items
}

test('both directions, sizes, shared objects', async () => {
  const report = await compare(
    each([row('a'), row('b', ['1', '2']), row('d', ['3'], 5), row('f')]),
    each([object('a'), object('c'), object('d', 4), object('e'), object('f'), object('g')]),
    start,
  )
  expect(report).toMatchObject({
    counts: {
      rows: 5,
      objects: 6,
      rowsWithoutObjects: 2,
      objectsWithoutRows: 3,
      sizesDiffer: 1,
      changing: 0,
    },
    rowsWithoutObjects: [{ key: 'b', books: ['1', '2'] }],
    objectsWithoutRows: [{ key: 'c' }, { key: 'e' }, { key: 'g' }],
    sizesDiffer: [{ key: 'd', size: 4, expected: 5, books: ['3'] }],
  })
})

test('nothing on one side, or on both', async () => {
  expect((await compare(each([]), each([]), start)).counts).toMatchObject({
    rows: 0,
    objects: 0,
    changing: 0,
  })
  expect((await compare(each([row('a')]), each([]), start)).counts.rowsWithoutObjects).toBe(1)
  expect((await compare(each([]), each([object('a')]), start)).counts.objectsWithoutRows).toBe(1)
})

test('what was written since the start is not reported', async () => {
  const report = await compare(each([row('a', ['1'], 1, start)]), each([object('b', 1, start)]), start)
  expect(report.counts).toMatchObject({ rowsWithoutObjects: 0, objectsWithoutRows: 0, changing: 2 })
})

test('a hundred thousand of each', async () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => `covers/${String(i).padStart(6, '0')}`)
  const report = await compare(
    each(keys.filter((_, i) => i % 1000 !== 1).map((key) => row(key))),
    each(keys.filter((_, i) => i % 1000 !== 2).map((key) => object(key))),
    start,
  )
  expect(report.counts).toMatchObject({
    rows: 99_900,
    objects: 99_900,
    rowsWithoutObjects: 100,
    objectsWithoutRows: 100,
  })
})
