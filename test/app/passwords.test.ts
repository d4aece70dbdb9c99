import { expect, test } from 'vitest'
import { checkPassword, hashPassword } from '../../stack/app/src/passwords.ts'

test('only the right password fits, and no user has one that fits', async () => {
  const stored = await hashPassword('a shelf of books')
  expect(await checkPassword('a shelf of books', stored)).toBe(true)
  expect(await checkPassword('a shelf of book', stored)).toBe(false)
  expect(await checkPassword('', stored)).toBe(false)
  expect(await checkPassword('a shelf of books', undefined)).toBe(false)
})

test('two hashes of one password differ', async () => {
  expect(await hashPassword('same')).not.toBe(await hashPassword('same'))
})

test('a hash of an unknown form is an error, not a wrong password', async () => {
  await expect(checkPassword('x', 'md5$abc')).rejects.toThrow('unknown form')
})
