import { createHash } from 'node:crypto'

export const coverPrefix = 'covers/'
export const coverLimit = 2 * 1024 * 1024

export type Cover = { key: string; sha256: string; size: number; type: string }

/**
 * The key is made of the content, and an object is never changed or removed when a book gets another cover: a
 * database restored to any earlier moment finds the files of that moment. `reconcile` lists what no row names any more.
 */
export function describeCover(bytes: Uint8Array, type: string): Cover {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { key: `${coverPrefix}${sha256}`, sha256, size: bytes.length, type }
}

/** The type that the bytes have, whatever the request says; undefined when it is none that we keep. */
export function sniffType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 1024))
  if (head.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png'
  if (head.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'image/jpeg'
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP')
    return 'image/webp'
  if (/^(\uFEFF)?\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(head.toString('utf8')))
    return 'image/svg+xml'
  return undefined
}
