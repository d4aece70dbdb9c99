import type { Root } from 'hast'
import rehypeParse from 'rehype-parse'
import { unified } from 'unified'
import { visit } from 'unist-util-visit'
import { find, textOf } from './hast.ts'

/** One pasteable block as it stands in a page's HTML. */
export interface ShownBlock {
  kind: string
  step: string | undefined
  /** What a reader sees and selects. */
  text: string
  /** What the copy button copies. */
  copied: string | undefined
}

/** The pasteable blocks of a page, in the order in which they stand there. */
export function blocksInPage(html: string): ShownBlock[] {
  const tree = unified().use(rehypeParse, { fragment: true }).parse(html) as Root
  const found: ShownBlock[] = []
  visit(tree, 'element', (node) => {
    const kind = node.properties['dataBlock']
    if (node.tagName !== 'figure' || typeof kind !== 'string') return
    const step = node.properties['dataStep']
    const code = find(node, ({ tagName }) => tagName === 'code')
    // Expressive Code writes a newline as U+007F in the attribute, and turns it back when it copies.
    const copied = find(node, ({ tagName }) => tagName === 'button')?.properties['dataCode']
    found.push({
      kind,
      step: typeof step === 'string' ? step : undefined,
      text: code ? textOf(code) : '',
      copied: typeof copied === 'string' ? copied.replaceAll('\u007f', '\n') : undefined,
    })
  })
  return found
}
