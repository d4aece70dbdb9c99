const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration as runbooks write it: `500ms`, `0.5s`, `10m`, `4h`, `7d`; undefined if it is none. */
export function milliseconds(duration: string): number | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(duration)
  const unit = match && MILLISECONDS[match[2] ?? '']
  return unit ? Math.round(Number(match[1]) * unit) : undefined
}

/** The argument of `sleep` for a duration: `500ms` → `0.5`. */
export function sleepSeconds(duration: string): string {
  const value = milliseconds(duration)
  if (value === undefined) throw new Error(`Not a duration: ${duration}`)
  return String(value / 1000)
}
