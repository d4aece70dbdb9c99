/** Draws Mermaid in headless Chromium, with colours that follow the reader's theme. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

/** Colours that stand for CSS variables: Mermaid computes with colours, so it cannot be given variables. */
const sentinels = {
  node: '#010a01',
  border: '#020a02',
  line: '#030a03',
  text: '#040a04',
  group: '#050a05',
  label: '#060a06',
}

const require = createRequire(import.meta.url)

export async function draw(diagrams: { name: string; source: string }[]): Promise<Map<string, string>> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--font-render-hinting=none'],
  })
  try {
    const page = await browser.newPage()
    await page.addScriptTag({ path: require.resolve('mermaid/dist/mermaid.min.js') })
    const drawn = new Map<string, string>()
    for (const { name, source } of diagrams) {
      drawn.set(name, themed(await page.evaluate(render, { name, source, colors: sentinels })))
    }
    return drawn
  } finally {
    await browser.close()
  }
}

/** The version that draws is part of what a committed picture depends on. */
export function mermaidVersion(): string {
  const manifest = JSON.parse(readFileSync(require.resolve('mermaid/package.json'), 'utf8')) as {
    version: string
  }
  return manifest.version
}

/** Runs in the browser. */
async function render({ name, source, colors }: { name: string; source: string; colors: typeof sentinels }) {
  // biome-ignore lint/suspicious/noExplicitAny: the browser's global, without types.
  const { mermaid } = globalThis as any
  mermaid.initialize({
    startOnLoad: false,
    theme: 'base',
    look: 'classic',
    deterministicIds: true,
    deterministicIDSeed: name,
    fontFamily: 'system-ui, sans-serif',
    flowchart: {
      htmlLabels: true,
      curve: 'basis',
      padding: 10,
      nodeSpacing: 20,
      rankSpacing: 40,
      wrappingWidth: 260,
    },
    themeVariables: {
      primaryColor: colors.node,
      mainBkg: colors.node,
      primaryBorderColor: colors.border,
      nodeBorder: colors.border,
      primaryTextColor: colors.text,
      textColor: colors.text,
      nodeTextColor: colors.text,
      titleColor: colors.text,
      lineColor: colors.line,
      defaultLinkColor: colors.line,
      clusterBkg: colors.group,
      clusterBorder: colors.border,
      edgeLabelBackground: colors.label,
      tertiaryColor: colors.group,
      secondaryColor: colors.group,
    },
  })
  const { svg } = (await mermaid.render(`diagram-${name}`, source)) as { svg: string }
  return svg
}

function themed(svg: string): string {
  // A tenth of a pixel is enough; positions come with a dozen digits.
  let result = svg.replace(/\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1))))
  for (const [name, hex] of Object.entries(sentinels)) {
    const [r, g, b] = [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16))
    const written = new RegExp(`${hex}|rgba?\\(${r}, ?${g}, ?${b}(, ?[\\d.]+)?\\)`, 'gi')
    result = result.replace(written, `var(--diagram-${name})`)
  }
  return result
}
