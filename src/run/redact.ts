/**
 * Takes secrets out of everything that is written, sent or printed: as they are, and as they look after the
 * encodings that tools apply to them. It cannot know a secret that a program makes up, hashes or encrypts.
 */
import { quote } from '../runbook/quote.ts'

export const REDACTED = '[redacted]'

/** A shorter text occurs by chance: replacing it would destroy what is written and hide nothing. */
const SHORTEST = 4

export interface Redactor {
  /** A whole text. */
  text(text: string): string
  /** Every string inside plain data. */
  data<Data>(data: Data): Data
  /** A text that comes in chunks: a secret is found even if it is split over them. */
  stream(): { write(chunk: string): string; end(): string }
}

export function redactor(secrets: Iterable<string>): Redactor {
  const forms = [...new Set([...secrets].flatMap(encodings))]
    .filter((form) => form.length >= SHORTEST)
    .sort((a, b) => b.length - a.length)
  const pattern = forms.length > 0 ? new RegExp(forms.map(literally).join('|'), 'g') : undefined
  const text = (input: string) => (pattern ? input.replace(pattern, REDACTED) : input)
  const data = (input: unknown): unknown => {
    if (typeof input === 'string') return text(input)
    if (Array.isArray(input)) return input.map(data)
    if (input === null || typeof input !== 'object') return input
    return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, data(value)]))
  }
  return {
    text,
    data: <Data>(input: Data) => data(input) as Data,
    stream() {
      let held = ''
      return {
        write(chunk) {
          const all = text(held + chunk)
          const keep = unfinished(all, forms)
          held = all.slice(all.length - keep)
          return all.slice(0, all.length - keep)
        },
        end() {
          const rest = held
          held = ''
          return rest
        },
      }
    },
  }
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Length of the longest end of the text that could be the beginning of a secret. */
function unfinished(text: string, forms: readonly string[]): number {
  let longest = 0
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(form.slice(0, length))) {
        longest = length
        break
      }
    }
  }
  return longest
}

/** The forms in which a secret shows up in output: plain, quoted, URL-, JSON-, hex- and base64-encoded. */
function encodings(secret: string): string[] {
  // A file's secret ends in a newline that no program prints back; each line of a key is secret by itself.
  const whole = secret.replace(/\r?\n$/, '')
  if (whole.length < SHORTEST) return []
  const bytes = Buffer.from(whole)
  const lines = whole.split(/\r?\n/).filter((line) => line.length >= 16)
  const url = encodeURIComponent(whole)
  return [
    whole,
    ...lines,
    quote(whole),
    whole.replaceAll("'", "'\\''"),
    JSON.stringify(whole).slice(1, -1),
    url,
    url.replaceAll('%20', '+'),
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64(bytes),
  ]
}

/**
 * In base64 a text looks different after 0, 1 or 2 bytes of something else (`user:secret`). Characters at the
 * edges that also carry bits of the neighbours are left out.
 */
function base64(bytes: Buffer): string[] {
  const forms = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const from = shift === 0 ? 0 : shift + 1
    const to = ((shift + bytes.length) * 8) % 6 === 0 ? encoded.length : encoded.length - 1
    return encoded.slice(from, to)
  })
  return forms
    .filter((form) => form.length >= 6)
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}
