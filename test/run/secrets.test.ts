import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { secretsOf } from '../../src/run/secrets.ts'
import { folderForEachTest } from '../support/folder.ts'

let root: string
folderForEachTest('secrets', (path) => {
  root = path
})

const secrets = (entries: Record<string, string>) =>
  secretsOf(root, { name: 'x', file: 'environments/x.env', disposable: false, entries })

test('an entry is secret by its name, or because the file says so', () => {
  const entries = {
    SECRETS: 'CARD OTHER',
    CARD: 'one',
    API_TOKEN: 'two',
    SMTP_PASSWORD: 'three',
    HTTPS_PORT: '443',
  }
  expect(secrets(entries)).toEqual(['one', 'two', 'three'])
})

test('what stands in a file that a secret entry names is secret', () => {
  writeFileSync(join(root, 'token'), 'tok-from-a-file\n')
  writeFileSync(join(root, 'card'), 'card-from-a-file')
  writeFileSync(join(root, 'port'), '443')
  expect(
    secrets({ SECRETS: 'CARD', API_TOKEN_FILE: 'token', CARD_FILE: join(root, 'card'), PORT_FILE: 'port' }),
  ).toEqual(['tok-from-a-file\n', 'card-from-a-file'])
})

test('so is every value in a listed file of NAME=value lines', () => {
  writeFileSync(join(root, 'a.env'), `A='quoted-value'\nexport B=plain-value\nPORT=443\n`)
  writeFileSync(join(root, 'b.json'), '{\n  "c": 1,\n}\n')
  expect(secrets({ SECRET_FILES: 'a.env  b.json' })).toEqual(
    expect.arrayContaining(["'quoted-value'", 'quoted-value', 'plain-value']),
  )
})

test('a path inside a container is not looked for here', () => {
  expect(secrets({ DATABASE_PASSWORD_FILE: '/run/secrets/nowhere/database-password' })).toEqual([])
})

test.each([
  ['missing', () => 'nowhere', 'found ENOENT'],
  ['a folder', () => '.', 'found EISDIR'],
  [
    'too large',
    () => {
      writeFileSync(join(root, 'large'), 'x'.repeat(16 * 1024 + 1))
      return 'large'
    },
    'found it is larger than 16 KiB',
  ],
])('a listed file that is %s stops the run before it begins', (_, make, found) => {
  const file = make()
  expect(() => secrets({ SECRET_FILES: file })).toThrow(
    expect.objectContaining({
      exit: 2,
      message: `The secret file ${file} cannot be read, so it could not be kept out of the record.`,
      hints: [found, 'SECRET_FILES of the environment’s file names it.'.replace('’', "'")],
    }),
  )
})
