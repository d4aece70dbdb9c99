import type { AstroExpressiveCodeOptions } from '@astrojs/starlight/expressive-code'
import type { Element, Nodes } from 'hast'

type Plugin = Exclude<NonNullable<AstroExpressiveCodeOptions['plugins']>[number], unknown[]>

/**
 * A fence with `command` is marked with `data-command`, so that the form of the page finds it.
 *
 * For fences with `block="step" step="stop-the-application" dim="0,1,4"`: marks the figure with `data-block` and
 * `data-step`, and the lines (counted from 0) that are only there so that the block can be pasted.
 *
 * Expressive Code ends a line with its element, not with a newline. Here a newline is added, so that the text
 * of `<code>` is the block, for whoever reads the page without its styles.
 */
export function pasteableBlocks(): Plugin {
  return {
    name: 'pasteable-blocks',
    hooks: {
      postprocessRenderedLine: ({ codeBlock, lineIndex, renderData }) => {
        if (!codeBlock.metaOptions.getString('block')) return
        const dim = codeBlock.metaOptions.getString('dim')?.split(',') ?? []
        if (dim.includes(String(lineIndex))) addClass(renderData.lineAst as Element, 'wrapper-line')
        if (lineIndex === codeBlock.getLines().length - 1) return
        const code = (renderData.lineAst as Element).children.at(-1) as Element
        const text = code.children.at(-1)
        if (text?.type === 'text') text.value = '\n'
        else code.children.push({ type: 'text', value: '\n' })
      },
      postprocessRenderedBlock: ({ codeBlock, renderData }) => {
        if (codeBlock.metaOptions.getBoolean('command')) {
          for (const node of named(renderData.blockAst, 'figure')) node.properties['dataCommand'] = ''
        }
        const block = codeBlock.metaOptions.getString('block')
        if (!block) return
        const step = codeBlock.metaOptions.getString('step')
        for (const node of named(renderData.blockAst, 'figure'))
          Object.assign(node.properties, { dataBlock: block, ...(step && { dataStep: step }) })
        // The tooltip of every button says the same: the label says which block it copies.
        const label = `Copy: ${codeBlock.metaOptions.getString('label') ?? block}`
        for (const node of named(renderData.blockAst, 'button')) node.properties['ariaLabel'] = label
      },
    },
  }
}

/**
 * The elements of that name in a block, but in its code. Not by `unist-util-visit`, which takes its time: this is asked of
 * every block of every page.
 */
function named(node: Nodes, name: string): Element[] {
  if (!('children' in node)) return []
  if (node.type !== 'element') return node.children.flatMap((child) => named(child, name))
  if (node.tagName === 'pre') return []
  return [...(node.tagName === name ? [node] : []), ...node.children.flatMap((child) => named(child, name))]
}

function addClass(node: Element, name: string): void {
  const names = node.properties['className']
  node.properties['className'] = [...(Array.isArray(names) ? names : []), name]
}
