import { find, parse, textOf, withoutTags } from './html-tree.ts'

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
/** Most of a figure is colours. */
const colours = /(?<=<code>).*?(?=<\/code>)/s

/** The pasteable blocks of a page, in the order in which they stand there. What is around them is not parsed. */
export function blocksInPage(html: string): ShownBlock[] {
  return (html.match(figures) ?? []).map((figure) => {
    const tree = parse(figure.replace(colours, withoutTags))
    const shown = find(tree, ({ name }) => name === 'figure')?.attribs ?? {}
    const code = find(tree, ({ name }) => name === 'code')
    const button = find(tree, ({ name }) => name === 'button')
    return {
      kind: shown['data-block'] ?? '',
      step: shown['data-step'],
      text: code ? textOf(code) : '',
      // Expressive Code writes a newline as U+007F in the attribute, and turns it back when it copies.
      copied: button?.attribs['data-code']?.replaceAll('\u007f', '\n'),
    }
  })
}
