/** The dashboards in `dashboards/` are what `pnpm dashboards` makes, and ask for nothing that the application does not measure. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { business, database, service } from '../../scripts/dashboards/boards.ts'
import { dashboard } from '../../scripts/dashboards/panels.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const boards = [service, database, business]
const queries = boards.flatMap(({ rows }) =>
  rows.flatMap(([, panels]) => panels.flatMap((panel) => panel.queries)),
)

test.each(boards)('$name is up to date: pnpm dashboards', (board) => {
  expect(JSON.parse(read(`dashboards/${board.name}.json`))).toEqual(
    JSON.parse(JSON.stringify(dashboard(board))),
  )
})

test('every panel has its place, a title of its own on the dashboard, and says what to make of it', () => {
  for (const board of boards) {
    const panels = board.rows.flatMap(([, some]) => some)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    expect(panels.filter(({ about, queries }) => !about || queries.length === 0)).toEqual([])
    const places = (dashboard(board).panels ?? []).map(({ gridPos }) => `${gridPos?.x} ${gridPos?.y}`)
    expect(new Set(places).size).toBe(places.length)
  }
})

test('no metric of the application is misspelt', () => {
  const measured = [...read('stack/app/src/metrics.ts').matchAll(/name: '(\w+)'/g)].map(([, name]) => name)
  const asked = queries.flatMap(([, query]) => query.match(/\b(?:app|http)_\w+/g) ?? [])
  const names = [...new Set(asked.map((name) => name.replace(/_bucket$/, '')))]
  expect(names.filter((name) => !measured.includes(name))).toEqual([])
  expect(names.length).toBeGreaterThan(7)
})
