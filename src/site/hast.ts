/** Finding one's way in a page that is read from its HTML. Pure. */
import type { Element, Root, RootContent } from 'hast'
import { EXIT, visit } from 'unist-util-visit'

/** The first element inside that matches. */
export function find(tree: Root | Element, matches: (node: Element) => boolean): Element | undefined {
  let found: Element | undefined
  visit(tree, 'element', (node) => {
    if (!matches(node)) return undefined
    found = node
    return EXIT
  })
  return found
}

export function hasClass({ properties }: Element, name: string): boolean {
  const names = properties['className']
  return Array.isArray(names) && names.includes(name)
}

export function textOf(node: Root | RootContent): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? node.children.map(textOf).join('') : ''
}
