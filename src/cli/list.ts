/** `pnpm runbook`: the runbooks by category, each with what its evidence says. */
import type { Document } from '../runbook/document.ts'
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { readArgs } from './args.ts'
import { type Mark, marker } from './evidence.ts'
import { findRoot } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { clip, paint, type Style, width } from './text.ts'

interface Entry {
  name: string
  document?: Document
  mark: Mark
}

export async function list(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { flags: ['json'] })
  refuseArgs(args)
  const root = findRoot()
  const markOf = await marker(root)
  const entries = await Promise.all((await listRunbooks(root)).map((name) => entry(root, name, markOf)))
  if (args.flags.has('json')) {
    for (const { name, document, mark } of entries) {
      const { title, category, destructive } = document ?? {}
      process.stdout.write(`${JSON.stringify({ name, title, category, destructive, evidence: mark })}\n`)
    }
    return 0
  }
  process.stdout.write(
    entries.length > 0 ? listText(entries, process.stdout) : 'There is no runbook in runbooks/.\n',
  )
  return 0
}

async function entry(root: string, name: string, markOf: Awaited<ReturnType<typeof marker>>): Promise<Entry> {
  try {
    const document = await readRunbook(root, name, { commands: false })
    return { name, document, mark: markOf(document) }
  } catch {
    return { name, mark: { state: 'invalid', reason: `It cannot be read: pnpm runbook check ${name}` } }
  }
}

const MARKS: Record<Mark['state'], [string, Style]> = {
  proven: ['✓', 'green'],
  stale: ['~', 'yellow'],
  failed: ['✗', 'red'],
  edited: ['!', 'red'],
  missing: ['○', 'dim'],
  invalid: ['!', 'red'],
}

function listText(entries: readonly Entry[], stream: NodeJS.WriteStream): string {
  const color = paint(stream)
  const columns = width(stream)
  const longest = Math.max(...entries.map(({ name }) => name.length))
  const byCategory = Map.groupBy(entries, ({ document }) => document?.category || 'Other')
  const blocks = [...byCategory].map(([category, group]) => {
    const rows = group.map(({ name, document, mark }) => {
      const [sign, style] = MARKS[mark.state]
      const title = `${document?.title ?? ''}${document?.destructive ? ' (destructive)' : ''}`
      const first = `  ${color(style, sign)} ${color('bold', name.padEnd(longest))}  ${clip(title, columns - longest - 7)}`
      return `${first}\n${' '.repeat(longest + 6)}${color('dim', clip(mark.reason, columns - longest - 7))}`
    })
    return `${color('bold', category)}\n${rows.join('\n')}\n`
  })
  return `${blocks.join('\n')}\npnpm runbook NAME --help   what it does    pnpm runbook NAME   rehearse it\n`
}
