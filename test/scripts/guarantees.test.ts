/** The handbook's guarantees name the tests that hold them: these must be there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/running/guarantees.md'), 'utf8')
const guarantees = page
  .split(/\n- (?=\*\*)/)
  .slice(1)
  .map((text) => text.split(/\n\n|\n- /)[0]?.replace(/\s+/g, ' ') ?? '')

/** `file`: “title”, “title”. */
const references = guarantees.flatMap((text) =>
  [...text.matchAll(/`(test\/[\w./-]+)`[^“”]*((?:“[^”]+”(?:, )?)+)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
  ),
)

test.each(guarantees)('%s', (text) => {
  expect(text).toMatch(/`test\/[\w./-]+`.*“[^”]+”/)
})

describe('there is a test', () => {
  test.each(references)('$file: $title', ({ file, title }) => {
    const names = [...readFileSync(join(root, file), 'utf8').matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.)+)\1/g)]
    expect(names.map(([, , name = '']) => name.replaceAll("\\'", "'"))).toContain(title)
  })
})

test('every test that is named is found by the search above', () => {
  const files = page.match(/`test\/[\w./-]+`/g) ?? []
  expect(new Set(references.map(({ file }) => `\`${file}\``))).toEqual(new Set(files))
  expect(references.length).toBeGreaterThan(25)
})
