import { expect, test } from 'vitest'
import { describeCover, sniffType } from '../../stack/app/src/covers.ts'
import { demoBook } from '../../stack/app/src/demo-books.ts'

test('the key is the SHA-256 of the bytes', () => {
  expect(describeCover(Buffer.from('abc'), 'image/png')).toEqual({
    key: 'covers/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    size: 3,
    type: 'image/png',
  })
})

test.each([
  ['image/png', Buffer.from('89504e470d0a1a0a0000', 'hex')],
  ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
  ['image/webp', Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1')],
  ['image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['image/svg+xml', Buffer.from('\uFEFF<?xml version="1.0"?>\n<!-- a --><svg>')],
  [undefined, Buffer.from('')],
  [undefined, Buffer.from('<html><svg></svg></html>')],
  [undefined, Buffer.from('<svgx/>')],
  [undefined, Buffer.from('RIFF\0\0\0\0WAVE', 'latin1')],
])('%s is told by the bytes', (type, bytes) => {
  expect(sniffType(bytes)).toBe(type)
})

test('demo books are the same on every machine', () => {
  const { cover, ...book } = demoBook(0)
  expect(book).toEqual({
    id: 'fc10046f-ed19-8bb7-84f3-e66574bd5dd8',
    title: 'The Quiet Harbour',
    author: 'Edith Abend',
    year: 1911,
    createdAt: '2024-01-01T00:00:00.000Z',
  })
  expect(sniffType(cover)).toBe('image/svg+xml')
  expect(describeCover(cover, '').sha256).toBe(
    'db029e3fd877834bacc7fa130d7bd7ca1b7f768296d1743970d1d6f2dbb307c6',
  )
})

test('demo books differ: id, title and cover', () => {
  const books = Array.from({ length: 600 }, (_, i) => demoBook(i))
  for (const values of [
    books.map((b) => b.id),
    books.map((b) => b.title),
    books.map((b) => b.cover.toString()),
  ])
    expect(new Set(values).size).toBe(books.length)
})
