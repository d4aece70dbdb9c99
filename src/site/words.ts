/** How figures are written for people. Pure. */
import { milliseconds } from '../runbook/duration.ts'

const unitNames: Record<string, string> = { ms: 'ms', s: 's', m: 'min', h: 'h', d: 'd' }

/** `30m` → 1800. */
export function inSeconds(written: string): number {
  const value = milliseconds(written)
  if (value === undefined) throw new Error(`'${written}' is not a duration. Write one like 75s, 30m or 4h.`)
  return value / 1000
}

/** `30m` → `30 min`. */
export function spelled(written: string): string {
  return written.replace(
    /^([\d.]+)([a-z]+)$/,
    (_, amount: string, unit: string) => `${amount} ${unitNames[unit] ?? unit}`,
  )
}

/** 14.23 → `14 s`, 3.81 → `3.8 s`, 92 → `1 min 32 s`, 3900 → `1 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const [large, small, largeName, smallName] =
    whole < 3600
      ? [Math.floor(whole / 60), whole % 60, 'min', 's']
      : [Math.floor(whole / 3600), Math.round((whole % 3600) / 60), 'h', 'min']
  return small === 0 ? `${large} ${largeName}` : `${large} ${largeName} ${small} ${smallName}`
}

/** Bytes → `1.1 GB`. */
export function size(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(names.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  const amount = bytes / 1000 ** step
  return `${Number(amount.toFixed(amount < 10 && step > 0 ? 1 : 0))} ${names[step]}`
}

const inThousands = new Intl.NumberFormat('en')

/** 12034 → `12,034`. */
export function count(value: number): string {
  return inThousands.format(value)
}

const longDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

/** `2026-11-21T11:30:00Z` → `21 November 2026`, in UTC. */
export function day(moment: string): string {
  return longDate.format(new Date(moment))
}

/** Plain text as HTML text or attribute value. */
export function html(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** Text in which only `code` is marked up, as HTML. */
export function withCode(text: string): string {
  return html(text).replace(/`([^`]*)`/g, '<code>$1</code>')
}

/** Plain text as Markdown that renders as exactly that text. */
export function markdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, '\\$&').replace(/\s+/g, ' ')
}

/** A fence long enough for whatever the code holds. */
export function fence(code: string, info: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const ticks = '`'.repeat(longest + 1)
  return `${ticks}${info}\n${code}${code.endsWith('\n') ? '' : '\n'}${ticks}`
}
