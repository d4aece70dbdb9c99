/** What a page costs its reader: at most a little more than plain Starlight, and nothing moves while it loads. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPlain } from '../../scripts/bench/site.ts'
import { weigh } from '../../scripts/bench/weight.ts'
import { ensureSite } from '../../src/drill/site.ts'
import { serve } from '../../src/site/serve.ts'
import { openBrowser } from './support/browser.ts'

const root = join(import.meta.dirname, '../..')
let work: string
let ours: Awaited<ReturnType<typeof serve>>
let browser: Browser

beforeAll(async () => {
  const parent = join(root, '.drillbook', 'site-tests')
  mkdirSync(parent, { recursive: true })
  work = mkdtempSync(join(parent, 'plain-'))
  await ensureSite(root)
  await buildPlain(root, work)
  ours = await serve(join(root, 'dist'))
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  ours?.close()
  rmSync(work, { recursive: true, force: true })
})

const keyPages = ['/', '/deploy/', '/runbooks/', '/runbooks/restore/']

describe('beside plain Starlight', () => {
  test.each(keyPages)('%s has at most 3 KB more of scripts, and of styles', (path) => {
    const floor = weigh(join(work, 'dist'), 'runbooks/restore')
    const page = weigh(join(root, 'dist'), path)
    // Nothing was overlooked.
    expect(floor.scripts).toBeGreaterThan(5000)
    expect(floor.styles).toBeGreaterThan(10_000)
    expect(page.scripts - floor.scripts).toBeLessThanOrEqual(3000)
    expect(page.styles - floor.styles).toBeLessThanOrEqual(3000)
  })
})

// A table that arrives in two parts is laid out twice, on a busy machine: what always moves is a fault.
describe.each([1280, 390])('on %i pixels', (width) => {
  test.each(keyPages)('nothing moves on %s while it loads', { retry: 2 }, async (path) => {
    expect(await shifts(ours.url + path, width)).toEqual([])
  })
})

test('what moves would be seen', async () => {
  const moving = '<p>1</p><script>setTimeout(() => document.body.prepend(new Image(9, 400)), 300)</script>'
  const found = await shifts(`data:text/html,${encodeURIComponent(moving)}`, 1280)
  expect(found).toEqual([expect.stringContaining('<p>1</p>')])
})

/**
 * What moved without the reader's doing, on a slow machine with a slow network: painted before all has come. Starlight
 * has elements of no height in its sidebar that remove themselves; they move nothing. Nor does it count if the last word
 * that has come wraps with the rest of it.
 */
async function shifts(url: string, width: number): Promise<string[]> {
  const context = await browser.newContext({ viewport: { width, height: 800 } })
  try {
    const page = await context.newPage()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 100,
      downloadThroughput: 100_000,
      uploadThroughput: 100_000,
    })
    await page.addInitScript(() => {
      const moved: string[] = []
      Object.assign(globalThis, { moved })
      new PerformanceObserver((list) => {
        const entries = list.getEntries() as (PerformanceEntry & {
          value: number
          sources: { node?: Node }[]
        })[]
        for (const { value, sources } of entries) {
          const nodes = sources.map(({ node }) => (node instanceof Element ? node : node?.parentElement))
          const shown = nodes.find((node) => node?.checkVisibility())
          if (shown && value > 0.002) moved.push(`${value}: ${shown.outerHTML.slice(0, 120)}`)
        }
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(url, { waitUntil: 'networkidle' })
    await page.waitForTimeout(500)
    return await page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved)
  } finally {
    await context.close()
  }
}
