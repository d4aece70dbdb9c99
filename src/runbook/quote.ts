/**
 * Characters that must not be pasted as they are: controls (a tab completes, a newline runs), what separates
 * lines or shows nothing (it would deceive the reader), and `!` (bash expands history while the line is read).
 * The quote itself too: zsh with RC_QUOTES reads `''` inside quotes as one quote.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}'!]/u

/** A value as one word for bash and zsh, safe to paste: `'…'`, or `$'…'` with octal escapes. */
export function quote(value: string): string {
  if (!UNSAFE.test(value)) return `'${value}'`
  const body = Array.from(value, (char) => (UNSAFE.test(char) || char === '\\' ? octal(char) : char))
  return `$'${body.join('')}'`
}

/** As `quote`, but bare if the word needs no quotes: for showing a command to a person. */
export function quoteIfNeeded(value: string): string {
  return /^[\w%+,./:@-]+$/.test(value) ? value : quote(value)
}

/** Always three digits, so that a digit that follows is not read as part of the escape. */
function octal(char: string): string {
  return Array.from(new TextEncoder().encode(char), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(
    '',
  )
}
