import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { compare, type Entry, type LedgerStore, openLedger, type Stored } from '../../src/drill/ledger.ts'
import { sha256 } from '../../src/evidence/canonical.ts'

/** Row `n` begins at second `n` and is acknowledged half a second later. */
function entries(count: number): Entry[] {
  return Array.from({ length: count }, (_, index) => ({
    n: index + 1,
    hash: `h${index + 1}`,
    sent: (index + 1) * 1000,
    began: (index + 1) * 1000,
    acknowledged: (index + 1) * 1000 + 500,
    lineage: '1',
  }))
}
const stored = (...numbers: number[]) => numbers.map((n) => ({ n, hash: `h${n}`, lineage: '1' }))

/** What a database has that was killed when it had committed a row, and before it could say so. */
function unacknowledged(n: number, lineage: string): { entry: Entry; row: Stored } {
  return { entry: { n, hash: `h${n}`, sent: n * 1000 }, row: { n, hash: `h${n}`, lineage } }
}

const restored = { disaster: 10_000, lineage: '2' }

describe('after a restore to a moment', () => {
  const moment = 4200 // Row 4 spans it: began at 4000, acknowledged at 4500.
  const after = { ...restored, moment }

  test.each([
    ['without the spanning row', [1, 2, 3]],
    ['with it', [1, 2, 3, 4]],
  ])('it is right %s', (_, numbers) => {
    const result = compare(entries(8), stored(...numbers), after)
    expect(result).toEqual({
      acknowledged: 8,
      compared: 7,
      missing: 0,
      unexpected: 0,
      lost: 0,
      rpo: null,
      problems: [],
    })
  })

  test('an acknowledged row that is absent is missing', () => {
    const result = compare(entries(8), stored(1, 3), after)
    expect(result).toMatchObject({ missing: 1, unexpected: 0 })
    expect(result.problems).toEqual([
      'row 2 (acknowledged 1970-01-01T00:00:02.500Z) was acknowledged and is not there',
    ])
  })

  test('a row that began later and is present is unexpected', () => {
    expect(compare(entries(8), stored(1, 2, 3, 5), after)).toMatchObject({ missing: 0, unexpected: 1 })
  })

  test('changed content and rows that nobody wrote are wrong', () => {
    const rows = [...stored(1, 2, 99), { n: 3, hash: 'other', lineage: '1' }]
    expect(compare(entries(8), rows, after)).toMatchObject({ missing: 1, unexpected: 1 })
  })

  test('a row without acknowledgement may be either, unless it was sent after the moment', () => {
    const written = entries(6)
    for (const n of [2, 6]) {
      const entry = written[n - 1] as Entry
      delete entry.acknowledged
      delete entry.began
    }
    expect(compare(written, stored(1, 2, 3), after)).toMatchObject({ missing: 0, unexpected: 0 })
    expect(compare(written, stored(1, 3), after)).toMatchObject({ missing: 0, unexpected: 0 })
    expect(compare(written, stored(1, 3, 6), after)).toMatchObject({ missing: 0, unexpected: 1 })
  })

  test('what was written to the new history afterwards must be there', () => {
    const written = entries(8).map((entry) => (entry.n > 6 ? { ...entry, lineage: '2' } : entry))
    expect(compare(written, stored(1, 2, 3, 7, 8), after)).toMatchObject({ missing: 0, unexpected: 0 })
    expect(compare(written, stored(1, 2, 3, 8), after)).toMatchObject({ missing: 1, unexpected: 0 })
  })

  test.each([
    ['of the new history may be there', '2', 0],
    ['of the old one that began later must not', '1', 1],
  ])('a row without acknowledgement %s', (_, lineage, unexpected) => {
    const { entry, row } = unacknowledged(9, lineage)
    const rows = [...stored(1, 2, 3), row]
    expect(compare([...entries(8), entry], rows, after)).toMatchObject({ missing: 0, unexpected })
    expect(compare([...entries(8), entry], stored(1, 2, 3), after)).toMatchObject({
      missing: 0,
      unexpected: 0,
    })
  })
})

describe('after a restore to the newest state', () => {
  test('nothing lost is an RPO of 0', () => {
    expect(compare(entries(8), stored(1, 2, 3, 4, 5, 6, 7, 8), restored)).toMatchObject({ rpo: 0, lost: 0 })
  })

  test('the RPO counts from the oldest lost row', () => {
    expect(compare(entries(8), stored(1, 2, 3, 4, 5), restored)).toMatchObject({
      lost: 3,
      rpo: 3.5,
      missing: 0,
      compared: 8,
    })
  })

  test('a row of the new history that was never acknowledged makes no hole of what was lost', () => {
    const { entry, row } = unacknowledged(9, '2')
    const result = compare([...entries(8), entry], [...stored(1, 2, 3, 4, 5), row], restored)
    expect(result).toMatchObject({ lost: 3, rpo: 3.5, missing: 0 })
  })

  test('a hole is not a loss but an error', () => {
    expect(compare(entries(8), stored(1, 2, 4, 5), restored)).toMatchObject({ missing: 1, lost: 4, rpo: 6.5 })
  })
})

test('a database that is as it was has every row', () => {
  const after = { disaster: 5000, lineage: '1' }
  expect(compare(entries(3), stored(1, 2, 3), after)).toMatchObject({ missing: 0 })
  expect(compare(entries(3), stored(1, 2), after)).toMatchObject({ missing: 1 })
})

test('the writers outlive the database and go on when it is back', async () => {
  const table = new Map<number, Stored>()
  let up = true
  let lineage = '1'
  const need = () => {
    if (!up) throw new Error('gone')
  }
  const store: LedgerStore = {
    async create() {},
    async connect() {
      need()
      return {
        async write({ n, payload, holdSeconds }) {
          const began = Date.now()
          await sleep(holdSeconds * 1000)
          need()
          table.set(n, { n, hash: sha256(payload), lineage })
          return { began, lineage }
        },
        async close() {},
      }
    },
    rows: async () => [...table.values()],
    lineage: async () => lineage,
  }
  const ledger = await openLedger(store)
  await ledger.written(10)
  const disaster = Date.now()
  up = false
  await sleep(400)
  const lost = ledger.entries.findLast((entry) => entry.acknowledged)
  table.delete(lost?.n ?? 0)
  lineage = '2'
  up = true
  await ledger.written(5)
  await ledger.stop()
  const result = await ledger.compare({ disaster })
  expect(result).toMatchObject({ missing: 0, unexpected: 0, lost: 1 })
  expect(result.rpo).toBeGreaterThan(0)
  expect(result.rpo).toBeLessThan(1)
})
