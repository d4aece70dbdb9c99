/** Entries of a drill's environment, as an operator sets them: in its file. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '#drill'

/** Takes those out whose names match, and puts these in; whatever is done with the stack from here on has them. */
export function setEntries(stack: Stack, mine: RegExp, wanted: Record<string, string>): void {
  const file = join(stack.root, 'environments', `${stack.name}.env`)
  const others = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line && !mine.test(line.split('=')[0] ?? ''))
  const lines = Object.entries(wanted).map(([name, value]) => `${name}='${value}'`)
  writeFileSync(file, `${[...others, ...lines].join('\n')}\n`)
  for (const entries of [stack.entries, stack.env]) {
    for (const name of Object.keys(entries)) if (mine.test(name)) delete entries[name]
    Object.assign(entries, wanted)
  }
}
