import { relative } from 'node:path'
import { visit } from 'unist-util-visit'

/** Components that show a part of something else, which may not be there. */
const embeds = new Set(['Construct', 'Excerpt', 'Sequence'])

interface Element {
  name: string | null
  attributes: { type: string; name?: string; value?: unknown }[]
  position?: { start: { line: number } }
}

/** Remark plugin: tells these components where they stand, `at="docs/security.mdx:12"`, for what they throw. */
export function placedEmbeds() {
  return (tree: never, { path, cwd }: { path?: string; cwd: string }): void => {
    visit(tree, 'mdxJsxFlowElement', ({ name, attributes, position }: Element) => {
      if (name === null || !embeds.has(name)) return
      const value = `${relative(cwd, path ?? cwd)}:${position?.start.line ?? 1}`
      attributes.push({ type: 'mdxJsxAttribute', name: 'at', value })
    })
  }
}
