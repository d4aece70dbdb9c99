import type { Digest } from './types.ts'

/** What is not as it was, one line a name, the first few. */
export function differences(kind: string, before: Digest, after: Digest): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name) => {
    if (before[name] === after[name]) return []
    const what = !(name in after) ? 'is gone' : !(name in before) ? 'is new' : 'has other content'
    return [`the ${kind} ${name} ${what}`]
  })
}
