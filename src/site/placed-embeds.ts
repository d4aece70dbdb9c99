import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Components that show a part of something else, which may not be there. */
const names = ['Construct', 'Excerpt', 'Sequence']
const line = new RegExp(`^\\s*<(?:${names.join('|')})\\b`)

interface Element {
  name: string | null
  attributes: { type: string; name?: string; value?: unknown }[]
}

interface Context {
  fileURL: URL | undefined
  /** Its front matter is blank: the lines are the file’s. */
  source: string
  /** The document’s own, for all plugins. */
  data: { embeds?: number }
  replaceNode(node: Element, by: Element): void
}

/**
 * Tells these components where they stand, `at="docs/security.mdx:12"`, for what they throw. A plugin of Sätteri, which does
 * not say itself where an element stands: so the first of them is the one in the first line that begins with one.
 */
export const placedEmbeds = {
  name: 'placed-embeds',
  mdxJsxFlowElement(node: Element, context: Context): void {
    const { fileURL, source, data } = context
    if (!node.name || !names.includes(node.name) || !fileURL) return
    const lines = source.split('\n').flatMap((text, at) => (line.test(text) ? [at + 1] : []))
    const nth = data.embeds ?? 0
    data.embeds = nth + 1
    const value = `${relative(process.cwd(), fileURLToPath(fileURL))}:${lines[nth] ?? 1}`
    const at = { type: 'mdxJsxAttribute', name: 'at', value }
    context.replaceNode(node, { ...node, attributes: [...node.attributes, at] })
  },
}
