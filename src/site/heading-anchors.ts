import type { Element, Root, Text } from 'hast'
import { visit } from 'unist-util-visit'

const anchor = / \{#([\w-]+)( \.step)?\}$/

/**
 * `## Some words {#anchor}` gives the heading that anchor, instead of one made from its words: a link to a step
 * must lead to the anchor that the command line prints, whatever the Markdown engine thinks of the title.
 * `{#anchor .step}` makes it a step, which is numbered.
 */
export function headingAnchors() {
  return (tree: Root): void => {
    visit(tree, 'element', (node: Element) => {
      if (!/^h[1-6]$/.test(node.tagName)) return
      const last = node.children.at(-1)
      if (last?.type !== 'text') return
      const [, id, step] = anchor.exec(last.value) ?? []
      if (!id) return
      last.value = (last as Text).value.replace(anchor, '')
      node.properties['id'] = id
      if (step) node.properties['className'] = ['step']
    })
  }
}
