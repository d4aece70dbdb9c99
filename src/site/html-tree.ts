/** Finding one’s way in a page that is read from its HTML. Pure. */
import type { Document, Element } from 'domhandler'
import { DomUtils, parseDocument } from 'htmlparser2'

/** What is cut off in the middle is closed at its end. */
export const parse = (html: string): Document =>
  parseDocument(html, { lowerCaseTags: false, lowerCaseAttributeNames: false })

export const serialize = (nodes: Document | Element[]): string =>
  DomUtils.getOuterHTML(nodes, { encodeEntities: 'utf8' })

/** The first element inside that matches. */
export function find(tree: Document | Element, matches: (node: Element) => boolean): Element | undefined {
  return DomUtils.findOne(matches, tree.children) ?? undefined
}

/** All elements inside, at any depth, in the order of the page. */
export const elements = (tree: Document | Element): Element[] => DomUtils.findAll(() => true, tree.children)

export const hasClass = ({ attribs }: Element, name: string): boolean =>
  attribs['class']?.split(' ').includes(name) ?? false

export const textOf = DomUtils.textContent

/** Of code that is coloured: its text, still encoded. Not for elements whose attributes have a `>`. */
export const withoutTags = (html: string): string => html.replace(/<[^>]*>/g, '')
