/** What pages show of something else, which may not be there: `<Excerpt file="stack/…" />`. */
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constructAt } from './constructs.ts'
import { excerpt } from './excerpt.ts'

type Node =
  | { type: 'code'; lang: string; meta: string; value: string }
  | { type: 'paragraph'; children: [{ type: 'text'; value: string }] }
  | Element

interface Element {
  type: 'mdxJsxFlowElement'
  name: string | null
  attributes: Attribute[]
}

interface Attribute {
  type: string
  name?: string
  value?: unknown
}

interface Context {
  fileURL: URL | undefined
  /** Its front matter is blank: the lines are the file’s. */
  source: string
  /** The document’s own, for all plugins. */
  data: { embeds?: number }
  replaceNode(node: Element, by: Node | Node[]): void
}

const unframed = 'frame="none"'
const code = (value: string, lang: string, meta = unframed): Node => ({
  type: 'code',
  ...{ lang, meta, value: value.trimEnd() },
})
const paragraph = (value: string): Node => ({ type: 'paragraph', children: [{ type: 'text', value }] })

interface Embed {
  /** The attributes that it knows. */
  takes: readonly string[]
  /** What stands in its place. Throws if there is nothing. */
  nodes(root: string, attributes: Record<string, string>): Node[] | Promise<Node[]>
}

/** By the name of the element. */
export const embeds: Record<string, Embed> = {
  /**
   * A part of a file, as it is in the checkout: see `excerpt`; without `from` all of it. Above it stands its `title`: its
   * path, if none is given; nothing if that is empty.
   */
  Excerpt: {
    takes: ['file', 'title', 'lang', 'from', 'to'],
    nodes(root, { file = '', title = file, lang = 'ini', from, to }) {
      const text = readFileSync(join(root, file), 'utf8')
      const meta = title === '' ? unframed : `title=${JSON.stringify(title)}`
      try {
        return [code(from === undefined ? text : excerpt(text, from, to), lang, meta)]
      } catch (error) {
        throw new Error(`${(error as Error).message} In ${file}.`, { cause: error })
      }
    },
  },
  /** A construct of the language, as written and as pasted. `of` is the runbook and the step’s anchor: `commands/a-pipeline`. */
  Construct: {
    takes: ['of'],
    async nodes(root, { of = '' }) {
      const { script, shell, undo } = await constructAt(root, 'test/runbook/corpus', of)
      return [
        code(script, 'ts', ''),
        ...(shell === undefined ? [] : [code(shell, 'sh')]),
        ...(undo === undefined ? [] : [paragraph('To go back:'), code(undo, 'sh')]),
      ]
    },
  },
}

/** Components that show such a part. They are told where they stand, `at="docs/security.mdx:12"`, for what they throw. */
const placed = ['Sequence']
const line = new RegExp(`^\\s*<(?:${[...Object.keys(embeds), ...placed].join('|')})\\b`)

/**
 * A plugin of Sätteri. Code comes into a page as Markdown and not by a component, which would load Expressive Code a second
 * time. Sätteri does not say where an element stands: so the first of them is the one in the first line that begins with one.
 */
export const embedded = {
  name: 'embedded',
  async mdxJsxFlowElement(node: Element, context: Context): Promise<void> {
    const { fileURL, source, data } = context
    const { name, attributes } = node
    if (!name || !fileURL || !(name in embeds || placed.includes(name))) return
    const lines = source.split('\n').flatMap((text, at) => (line.test(text) ? [at + 1] : []))
    const nth = data.embeds ?? 0
    data.embeds = nth + 1
    const value = `${relative(process.cwd(), fileURLToPath(fileURL))}:${lines[nth] ?? 1}`
    const embed = embeds[name]
    if (!embed) {
      const at = { type: 'mdxJsxAttribute', name: 'at', value }
      context.replaceNode(node, { ...node, attributes: [...attributes, at] })
      return
    }
    try {
      const given = attributes.map((attribute) => checked(name, embed, attribute))
      context.replaceNode(node, await embed.nodes(process.cwd(), Object.fromEntries(given)))
    } catch (error) {
      throw new Error(`${value}: ${(error as Error).message}`, { cause: error })
    }
  },
}

function checked(element: string, { takes }: Embed, { name, value }: Attribute): [string, string] {
  if (name && takes.includes(name) && typeof value === 'string') return [name, value]
  throw new Error(`<${element}> takes ${takes.join(', ')}, each as a text. Found: ${name ?? '{…}'}.`)
}
