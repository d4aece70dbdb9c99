/** `pnpm runbook show NAME [STEP]`: the runbook's page in the terminal, with the blocks to paste. */

import { UsageError } from '../run/errors.ts'
import type { Document, Item } from '../runbook/document.ts'
import { blocks } from '../runbook/shell.ts'
import { readArgs } from './args.ts'
import { marker } from './evidence.ts'
import { findRoot, findRunbook, pageAddress } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { didYouMean } from './suggest.ts'
import { paint, plainMarkdown, width, wrap } from './text.ts'

export async function show(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { words: 2 })
  refuseArgs(args)
  const [name, step] = args.words
  if (name === undefined)
    throw new UsageError('Which runbook is to be shown?', { hints: ['pnpm runbook   lists them'] })
  const root = findRoot()
  const document = await findRunbook(root, name)
  if (step !== undefined) refuseUnknownStep(document, step)
  const { reason } = (await marker(root))(document)
  const page = { proof: reason, address: pageAddress(root, name, step), step }
  process.stdout.write(pageText(document, page, process.stdout))
  return 0
}

function refuseUnknownStep(document: Document, step: string): void {
  const slugs = [...new Set(blocks(document).flatMap(({ step }) => step ?? []))]
  if (slugs.includes(step)) return
  const near = didYouMean(step, slugs)
  throw new UsageError(`${document.name} has no step “${step}”.`, {
    hints: [...(near ? [`Did you mean ${near}?`] : []), `Its steps: ${slugs.join(', ')}`],
  })
}

export interface Page {
  /** What its evidence says. */
  proof: string
  address: string
  /** Only this step, and the way back from it. */
  step: string | undefined
}

export function pageText(
  document: Document,
  { proof, address, step: only }: Page,
  stream: NodeJS.WriteStream,
): string {
  const color = paint(stream)
  const columns = width(stream)
  const about = proseBySlug(document.items)
  const seen = new Set<string>()
  const parts = [
    color('bold', document.title),
    color('dim', proof),
    only === undefined ? wrap(plainMarkdown(document.prose), columns) : '',
  ]
  for (const { kind, step, title, text, dim } of blocks(document)) {
    if (only !== undefined && step !== only) continue
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
  return `${[...parts, address].filter(Boolean).join('\n\n')}\n`
}

function proseBySlug(items: readonly Item[]): Map<string, string> {
  return new Map(
    items.flatMap((item) =>
      item.type === 'include' ? [...proseBySlug(item.items)] : [[item.slug, item.prose] as [string, string]],
    ),
  )
}
