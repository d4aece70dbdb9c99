import type { Element, Root } from 'hast'
import rehypeParse from 'rehype-parse'
import { unified } from 'unified'
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

const figures = /<figure\b[^>]*\bdata-block=.*?<\/figure>/gs

/** The pasteable blocks of a page, in the order in which they stand there. What is around them is not parsed. */
export function blocksInPage(html: string): ShownBlock[] {
  return (html.match(figures) ?? []).map((figure) => {
    const tree = unified().use(rehypeParse, { fragment: true }).parse(figure) as Root
    const { properties } = find(tree, ({ tagName }) => tagName === 'figure') as Element
    const code = find(tree, ({ tagName }) => tagName === 'code')
    // Expressive Code writes a newline as U+007F in the attribute, and turns it back when it copies.
    const copied = find(tree, ({ tagName }) => tagName === 'button')?.properties['dataCode']
    const { dataBlock: kind, dataStep: step } = properties
    return {
      kind: typeof kind === 'string' ? kind : '',
      step: typeof step === 'string' ? step : undefined,
      text: code ? textOf(code) : '',
      copied: typeof copied === 'string' ? copied.replaceAll('\u007f', '\n') : undefined,
    }
  })
}
