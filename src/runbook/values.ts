/** Linux refuses a single argument of 128 KiB; half of that leaves room for what stands around the value. */
export const MAX_VALUE_BYTES = 64 * 1024

/**
 * Why a value cannot be handed to a program unchanged, or undefined if it can. An argument ends at the first
 * NUL, and a lone surrogate has no UTF-8 form: both would arrive as something else.
 */
export function valueProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return `must be text, but is ${value === null ? 'null' : typeof value}`
  if (value.includes('\0')) return 'contains a NUL character, which no program can be given as an argument'
  if (!value.isWellFormed()) return 'contains half of a surrogate pair, which is no character'
  const bytes = new TextEncoder().encode(value).length
  if (bytes > MAX_VALUE_BYTES) return `has ${bytes} bytes; the most that is passed on is ${MAX_VALUE_BYTES}`
  return undefined
}
