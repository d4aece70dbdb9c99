/** Finding one's way in a page that is read from its HTML. Pure. */
import type { Element, Root, RootContent } from 'hast'

/** The first element inside that matches. Not by `visit`, which costs ten times as much: whole pages are searched. */
export function find(tree: Root | Element, matches: (node: Element) => boolean): Element | undefined {
  for (const node of tree.children) {
    if (node.type !== 'element') continue
    const found = matches(node) ? node : find(node, matches)
    if (found) return found
  }
  return undefined
}

export function hasClass({ properties }: Element, name: string): boolean {
  const names = properties['className']
  return Array.isArray(names) && names.includes(name)
}

export function textOf(node: Root | RootContent): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? node.children.map(textOf).join('') : ''
}
