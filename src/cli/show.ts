/** `pnpm runbook show NAME`: the runbook's page in the terminal, with the blocks to paste. */

import { UsageError } from '../run/errors.ts'
import type { Document, Item } from '../runbook/document.ts'
import { blocks } from '../runbook/shell.ts'
import { readArgs } from './args.ts'
import { evidenceOf } from './evidence.ts'
import { findRoot, findRunbook, pageAddress } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { paint, plainMarkdown, width, wrap } from './text.ts'

export async function show(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { words: 1 })
  refuseArgs(args)
  const [name] = args.words
  if (name === undefined)
    throw new UsageError('Which runbook is to be shown?', { hints: ['pnpm runbook   lists them'] })
  const root = findRoot()
  const document = await findRunbook(root, name)
  const { reason } = await evidenceOf(root, document)
  process.stdout.write(pageText(document, reason, pageAddress(root, name), process.stdout))
  return 0
}

export function pageText(
  document: Document,
  proof: string,
  page: string,
  stream: NodeJS.WriteStream,
): string {
  const color = paint(stream)
  const columns = width(stream)
  const about = proseBySlug(document.items)
  const seen = new Set<string>()
  const parts = [
    color('bold', document.title),
    color('dim', proof),
    wrap(plainMarkdown(document.prose), columns),
  ]
  for (const { kind, step, title, text, dim } of blocks(document)) {
    const heading = kind === 'undo' && !seen.has('undo') ? [color('bold', '── To go back ──')] : []
    seen.add(kind)
    const lines = text.split('\n').map((line, index) => (dim.includes(index) ? color('dim', line) : line))
    const prose = kind === 'undo' ? undefined : about.get(step ?? '')
    parts.push(
      ...heading,
      [
        color('bold', kind === 'confirm' ? `[ ] ${title}` : `## ${title}`),
        ...(prose ? [wrap(plainMarkdown(prose), columns)] : []),
        ...(text ? ['', ...lines.map((line) => `    ${line}`)] : []),
      ].join('\n'),
    )
  }
  return `${[...parts, page].filter(Boolean).join('\n\n')}\n`
}

function proseBySlug(items: readonly Item[]): Map<string, string> {
  return new Map(
    items.flatMap((item) =>
      item.type === 'include' ? [...proseBySlug(item.items)] : [[item.slug, item.prose] as [string, string]],
    ),
  )
}
