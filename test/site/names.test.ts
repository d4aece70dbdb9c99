/** Variables that the handbook names: something must read each. A documented name that nothing reads misleads at 3 am. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Whatever reads variables, sets them, or declares them as params. */
const readers = globSync(
  [
    'stack/**/*',
    'src/**/*.ts',
    'scripts/**/*',
    'runbooks/*.ts',
    'test/guide/*.ts',
    'test/runbook/corpus/*.ts',
    'environments/*.env*',
    '.github/**/*.yml',
    'vitest.config.ts',
    'test/drills/*.ts',
    'test/crash/*.ts',
  ],
  { cwd: root, withFileTypes: true, exclude: ['**/node_modules', '**/dist'] },
)
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
const known = new Set(readers.flatMap((text) => text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []))
/** Of the system, and of the terminal. */
for (const name of ['SSH_AUTH_SOCK', 'NO_COLOR']) known.add(name)
/** Stand for a name: `PARAM_RESTORE_TO`, `DB_PASSWORD_FILE`. */
const patterns = [/^PARAM_/, /^NAME_FILE$/]

/** In code between words: names of several parts in capitals, as variables are written here. */
function namesIn(text: string): { name: string; line: number }[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) =>
        (code.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []).map((name) => ({ name, line: index + 1 })),
      ),
    )
}

function unknownIn(file: string, text: string): string[] {
  return namesIn(text)
    .filter(({ name }) => !known.has(name) && !patterns.some((pattern) => pattern.test(name)))
    .map(({ name, line }) => `${file}:${line}: nothing reads ${name}`)
}

const pages = globSync(['docs/**/*.{md,mdx}', 'README.md', 'CONTRIBUTING.md', 'SECURITY.md'], { cwd: root })

test('of the handbook are all read by something', () => {
  expect(pages.flatMap((file) => unknownIn(file, read(file)))).toEqual([])
  expect(pages.flatMap((file) => namesIn(read(file))).length).toBeGreaterThan(20)
})

describe('would be caught:', () => {
  test('a name that was misspelt, with file and line', () => {
    expect(unknownIn('docs/x.md', 'One.\n\nSet `BACKUP_ENDPOINT` or `BACKUPS_ENDPOINT=…`.\n')).toEqual([
      'docs/x.md:3: nothing reads BACKUP_ENDPOINT',
    ])
  })
})
