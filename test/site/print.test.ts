/** Pages on paper: the whole of every command, the address of every link, and nothing that paper cannot do. */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureSite } from '../../src/drill/site.ts'
import { serve } from '../../src/site/serve.ts'
import { openBrowser } from './support/browser.ts'

const root = join(import.meta.dirname, '../..')
let site: Awaited<ReturnType<typeof serve>>
let browser: Browser

beforeAll(async () => {
  await ensureSite(root)
  site = await serve(join(root, 'dist'))
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  site?.close()
})

/** As wide as what is printed on A4, by a reader whose theme is dark. */
async function onPaper<Result>(path: string, look: (page: Page) => Promise<Result>): Promise<Result> {
  const page = await browser.newPage({ viewport: { width: 680, height: 1000 }, colorScheme: 'dark' })
  try {
    await page.goto(site.url + path, { waitUntil: 'networkidle' })
    await page.emulateMedia({ media: 'print' })
    return await look(page)
  } finally {
    await page.close()
  }
}

const pages = ['/runbooks/restore/', '/runbooks/restore-rows/', '/recovery/']

test.each(pages)('of %s is all that is needed there, and nothing else', async (path) => {
  await onPaper(path, async (page) => {
    expect(await page.locator('h1').isVisible()).toBe(true)
    for (const useless of ['nav', 'form', 'button', 'details.output', '#source', 'starlight-toc'])
      expect(await page.locator(`${useless} >> visible=true`).count(), useless).toBe(0)
  })
})

test.each(pages)('nothing of %s is cut off', async (path) => {
  const cut = await onPaper(path, (page) =>
    page.locator('main :is(pre, table, .wide, p)').evaluateAll((boxes) =>
      boxes
        .filter((box) => box.checkVisibility())
        .filter((box) => box.scrollWidth > box.clientWidth + 1 || box.getBoundingClientRect().right > 680)
        .map((box) => box.textContent.slice(0, 80)),
    ),
  )
  expect(cut).toEqual([])
})

test('commands are dark on white, whatever the theme', async () => {
  const colors = await onPaper('/runbooks/restore/', (page) =>
    page
      .locator('figure[data-block] .code, figure[data-block] .code span')
      .evaluateAll((all) => [...new Set(all.map((each) => getComputedStyle(each).color))]),
  )
  expect(colors.length).toBeGreaterThan(3)
  for (const color of colors) expect(contrastToWhite(color), color).toBeGreaterThan(4.5)
})

test('a link tells where it leads', async () => {
  const text = await onPaper('/recovery/', (page) =>
    page
      .locator('main a[href="/runbooks/restore/"]')
      .first()
      .evaluate((link) => getComputedStyle(link, '::after').content),
  )
  expect(text).toBe('" (/runbooks/restore/)"')
})

function contrastToWhite(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
    const value = Number(part) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}
