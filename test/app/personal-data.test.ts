import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/**
 * Told before anything runs. “Refresh staging” asks the database itself, and stops; this sees only columns that are
 * written one a line, as ours are.
 */
const folder = 'stack/app/migrations'
const columns = readdirSync(folder).flatMap((file) => {
  const up = readFileSync(`${folder}/${file}`, 'utf8').replace(/^-- Down Migration[\s\S]*/m, '')
  const created = [...up.matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(\n([\s\S]*?)\n\);/g)].flatMap(
    ([, table, body = '']) =>
      [...body.matchAll(/^ {2}([a-z_]\w*) /gm)].map(([, column]) => `${table}.${column}`),
  )
  const added = [...up.matchAll(/ALTER TABLE (\w+)\s+ADD COLUMN (?:IF NOT EXISTS )?(\w+)/g)].map(
    ([, table, column]) => `${table}.${column}`,
  )
  return [...created, ...added]
})

const rules = readFileSync('stack/app/personal-data.tsv', 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => line.split('\t'))

test('every column of a migration is said to be about people, or not', () => {
  expect(columns).toContain('users.email')
  const declared = rules.map(([table, column]) => `${table}.${column}`)
  expect(columns.filter((column) => !declared.includes(column))).toEqual([])
  expect(new Set(declared).size).toBe(declared.length)
})

test('every line is a table, a column and a rule that the head of the file explains', () => {
  const head = readFileSync('stack/app/personal-data.tsv', 'utf8')
  for (const line of rules) {
    expect(line).toHaveLength(3)
    expect(head).toContain(`#   ${line[2]?.replace(/^cover-.*/, 'cover-…')} `)
  }
})
