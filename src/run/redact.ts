/**
 * Takes secrets out of everything that is written, sent or printed: as they are, and as they look after the
 * encodings that tools apply to them. It cannot know a secret that a program makes up, hashes or encrypts.
 */
import { quote } from '../runbook/quote.ts'
import { overlap, prefixTable } from './overlap.ts'

export const REDACTED = '[redacted]'

/** A shorter text occurs by chance: replacing it would destroy what is written and hide nothing. */
const SHORTEST = 4
/** A shorter encoded form that goes over the end of a line is chance. */
const SHORTEST_WRAPPED = 12
/** Of a secret that has several lines, one that is shorter says too little, and occurs elsewhere. */
const SHORTEST_LINE = 16

export interface Redactor {
  /** A whole text. */
  text(text: string): string
  /** Every string inside plain data. */
  data<Data>(data: Data): Data
  /** A text that comes in chunks: a secret is found even if it is split over them. */
  stream(): { write(chunk: string): string; end(): string }
}

interface Form {
  text: string
  /** Line breaks may stand anywhere in it: `base64` and `openssl` break theirs at 76 or 64 characters. */
  wraps: boolean
}

/** A part of a text: from, up to but without. */
type Span = [number, number]

export function redactor(secrets: Iterable<string>): Redactor {
  // Not one regular expression: with the forms of a key it is too large for the engine.
  const found = [...secrets].flatMap(encodings).filter(({ text }) => text.length >= SHORTEST)
  const forms = [...new Map(found.map((form) => [form.text, form])).values()].map((form) => ({
    ...form,
    table: prefixTable(form.text),
  }))
  const text = (input: string) => replace(input, spans(input, forms))
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
          const all = held + chunk
          const secret = spans(all, forms)
          const lengths = forms.map((form) => (form.wraps ? wrapped(all, form) : overlap(all, form)))
          let cut = all.length - Math.max(0, ...lengths)
          // A whole secret that reaches into the rest, which may be the beginning of a longer one, waits with it.
          for (const [from, to] of secret) if (from < cut && to > cut) cut = from
          held = all.slice(cut)
          return replace(
            all.slice(0, cut),
            secret.filter(([, to]) => to <= cut),
          )
        },
        end() {
          const rest = text(held)
          held = ''
          return rest
        },
      }
    },
  }
}

/** Where a secret stands, in order. What overlaps is one part: nothing between two secrets may be left of either. */
function spans(text: string, forms: readonly Form[]): Span[] {
  const flat = forms.some(({ wraps }) => wraps) ? unbroken(text) : undefined
  const all: Span[] = []
  for (const { text: form, wraps } of forms) {
    const { text: where, at } = wraps && flat ? flat : { text, at: (index: number) => index }
    for (let index = where.indexOf(form); index >= 0; index = where.indexOf(form, index + 1)) {
      all.push([at(index), at(index + form.length - 1) + 1])
    }
  }
  const merged: Span[] = []
  for (const [from, to] of all.sort(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (last && from < last[1]) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

function replace(text: string, secrets: readonly Span[]): string {
  let clean = ''
  let end = 0
  for (const [from, to] of secrets) {
    clean += text.slice(end, from) + REDACTED
    end = to
  }
  return clean + text.slice(end)
}

/** The text without line breaks, and where each of its characters stood. */
function unbroken(text: string): { text: string; at(index: number): number } {
  if (!/[\r\n]/.test(text)) return { text, at: (index) => index }
  const places: number[] = []
  for (let index = 0; index < text.length; index++) if (!isBreak(text, index)) places.push(index)
  return { text: text.replace(/[\r\n]/g, ''), at: (index) => places[index] ?? text.length }
}

function isBreak(text: string, index: number): boolean {
  return text[index] === '\n' || text[index] === '\r'
}

/** The same as `overlap` for a form in which line breaks may stand. */
function wrapped(text: string, form: { text: string; table: readonly number[] }): number {
  const end = text.slice(-2 * form.text.length)
  const shared = overlap(end.replace(/[\r\n]/g, ''), form)
  if (shared === 0) return 0
  let at = end.length
  for (let left = shared; left > 0; ) if (!isBreak(end, --at)) left--
  return end.length - at
}

/** The forms in which a secret shows up in output: plain, quoted, URL-, JSON-, hex- and base64-encoded. */
function encodings(secret: string): Form[] {
  // A file's secret ends in a newline that no program prints back; each line of a key is secret by itself.
  const whole = secret.replace(/\r?\n$/, '')
  const lines = whole.split(/\r?\n/).flatMap((line) => [line, line.trim()])
  const parts = new Set([whole, ...lines.filter((line) => line.length >= SHORTEST_LINE)])
  return [...parts].filter((part) => part.length >= SHORTEST).flatMap(encodingsOf)
}

function encodingsOf(whole: string): Form[] {
  const bytes = Buffer.from(whole)
  const url = encodeURIComponent(whole)
  const hex = bytes.toString('hex')
  return [
    whole,
    quote(whole),
    whole.replaceAll("'", "'\\''"),
    JSON.stringify(whole).slice(1, -1),
    url,
    url.replaceAll('%20', '+'),
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  ]
    .map((text) => ({ text, wraps: false }))
    .concat(
      [hex, hex.toUpperCase(), ...base64(bytes)].map((text) => ({
        text,
        wraps: text.length >= SHORTEST_WRAPPED,
      })),
    )
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
