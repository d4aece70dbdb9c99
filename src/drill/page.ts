/** The blocks of a runbook's page, taken from the HTML that readers get. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import rehypeParse from 'rehype-parse'
import { unified } from 'unified'
import { EXIT, visit } from 'unist-util-visit'
import { quote } from '../runbook/quote.ts'

export interface PageBlock {
  kind: 'enter' | 'step' | 'confirm' | 'undo' | 'leave'
  /** The step's anchor. */
  step: string | undefined
  /** What the reader's clipboard holds after the copy button was pressed. */
  text: string
}

interface Node {
  type: string
  tagName?: string
  value?: string
  properties?: { dataBlock?: unknown; dataStep?: unknown; dataCode?: unknown }
  children?: Node[]
}

/** Reads `dist/runbooks/NAME/index.html`. Throws if the site has not been built, naming the command. */
export function readPage(root: string, runbook: string): PageBlock[] {
  const file = join(root, 'dist', 'runbooks', runbook, 'index.html')
  let html: string
  try {
    html = readFileSync(file, 'utf8')
  } catch {
    throw new Error(`${file} is not there. Build the site first: pnpm build`)
  }
  return blocksOf(html)
}

/**
 * The blocks in the order of the page. A reader may press the copy button or select the text: both must give the
 * same, so a difference is an error.
 */
export function blocksOf(html: string): PageBlock[] {
  const blocks: PageBlock[] = []
  visit(unified().use(rehypeParse, { fragment: false }).parse(html) as Node, 'element', (node: Node) => {
    const kind = node.properties?.dataBlock
    if (node.tagName !== 'figure' || typeof kind !== 'string') return
    const step = node.properties?.dataStep
    const code = find(node, ({ tagName }) => tagName === 'code')
    const button = find(node, ({ properties }) => typeof properties?.dataCode === 'string')
    if (!code) throw new Error(`The block “${kind} ${step ?? ''}” of the page has no code.`)
    const shown = textOf(code).replace(/\n$/, '')
    // Expressive Code writes newlines as U+007F into the attribute, and turns them back when it copies.
    const copied = String(button?.properties?.dataCode ?? shown)
      .replaceAll('\u007f', '\n')
      .replace(/\n$/, '')
    if (shown !== copied) {
      throw new Error(
        `The block “${kind} ${step ?? ''}” shows other text than its button copies:\n${shown}\n---\n${copied}`,
      )
    }
    blocks.push({
      kind: kind as PageBlock['kind'],
      step: typeof step === 'string' ? step : undefined,
      text: copied,
    })
  })
  if (blocks.length === 0) throw new Error('The page has no block to paste.')
  return blocks
}

/**
 * Puts values into the first block, as the form of the page does: `NAME='…'` on a line of its own. Throws if the block
 * has no such line.
 */
export function fillIn(block: string, values: Record<string, string>): string {
  let text = block
  for (const [name, value] of Object.entries(values)) {
    const line = new RegExp(`^(\\s*${name}=).*$`, 'm')
    if (!line.test(text)) throw new Error(`The page's first block has no line ${name}=… to edit:\n${block}`)
    text = text.replace(line, (_, start: string) => start + quote(value))
  }
  return text
}

function find(node: Node, test: (node: Node) => boolean): Node | undefined {
  let found: Node | undefined
  visit(node as never, 'element', (child: Node) => {
    if (!test(child)) return undefined
    found = child
    return EXIT
  })
  return found
}

function textOf(node: Node): string {
  return node.type === 'text' ? (node.value ?? '') : (node.children ?? []).map(textOf).join('')
}
