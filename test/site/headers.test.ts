/** The content policy and the other headers, in a browser that keeps them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureSite } from '../../src/drill/site.ts'
import {
  caddySnippet,
  contentPolicy,
  headersFile,
  scriptHashes,
  securityHeaders,
  withPolicy,
} from '../../src/site/headers.ts'
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

/** What the browser refused, or what failed, while somebody did something on a page. */
async function violations(
  url: string,
  use: (page: Page) => Promise<unknown>,
  width = 1280,
): Promise<string[]> {
  const context = await browser.newContext({ viewport: { width, height: 800 } })
  const found: string[] = []
  try {
    const page = await context.newPage()
    await page.exposeFunction('refused', (what: string) => found.push(what))
    page.on('pageerror', (error) => found.push(error.message))
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
        (globalThis as unknown as { refused: (what: string) => void }).refused(
          `${violatedDirective} ${blockedURI} ${sample}`,
        ),
      )
    })
    await page.goto(url, { waitUntil: 'networkidle' })
    await use(page)
    await page.waitForTimeout(300)
    return found
  } finally {
    await context.close()
  }
}

const nothing = async () => {}

describe('the browser refuses nothing', () => {
  test.each([
    '/',
    '/deploy/',
    '/architecture/',
    '/recovery/',
    '/reference/language/',
    '/offline.html',
    '/404.html',
  ])('on %s', async (path) => {
    expect(await violations(site.url + path, nothing)).toEqual([])
  })

  test('of the search', async () => {
    const found = await violations(`${site.url}/`, async (page) => {
      await page.getByRole('button', { name: 'Search' }).click()
      await page.locator('#starlight__search input').fill('swap the clusters')
      await page.locator('.pagefind-ui__result-link').first().waitFor()
    })
    expect(found).toEqual([])
  })

  test('of a runbook: ages, form, copying, the theme', async () => {
    const found = await violations(`${site.url}/runbooks/restore/`, async (page) => {
      expect(await page.locator('.proof time').getAttribute('data-age')).not.toBe('')
      await page.getByLabel('RESTORE_TO').fill('2026-11-21T13:45:00Z')
      await page.locator('[data-block="enter"] button').click()
      expect(await page.locator('[data-block="enter"]').textContent()).toContain('13:45:00Z')
      await page.getByLabel('Select theme').first().selectOption('light')
      expect(await page.locator('html').getAttribute('data-theme')).toBe('light')
    })
    expect(found).toEqual([])
  })

  test('of a phone’s menu', async () => {
    const found = await violations(
      `${site.url}/runbooks/`,
      (page) => page.getByRole('button', { name: 'Menu' }).click(),
      390,
    )
    expect(found).toEqual([])
  })
})

test('a script that somebody puts into a page does not run, with headers or without', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drillbook-policy-'))
  const page = '<html><head></head><body><script>document.title = "ours"</script>PLACE</body></html>'
  const policy = contentPolicy(scriptHashes([page]))
  const attacked = page.replace(
    'PLACE',
    '<script>document.title = "stolen"</script><img src="x" onerror="document.title = 1">',
  )
  try {
    writeFileSync(join(folder, 'index.html'), withPolicy(attacked, policy))
    const plain = await serve(folder)
    writeFileSync(join(folder, 'bare.html'), attacked)
    writeFileSync(join(folder, '_headers'), headersFile(securityHeaders(policy)))
    const strict = await serve(folder)
    for (const url of [`${plain.url}/`, `${strict.url}/bare.html`]) {
      const found = await violations(url, async (open) => expect(await open.title()).toBe('ours'))
      expect(found.map((each) => each.split(' ')[0]).sort()).toEqual(['script-src-attr', 'script-src-elem'])
    }
    plain.close()
    strict.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the same set for every host, without unsafe-inline for scripts', () => {
  const file = readFileSync(join(root, 'dist/_headers'), 'utf8')
  const caddy = readFileSync(join(root, 'dist/headers.caddy'), 'utf8')
  const [, policy = ''] = /Content-Security-Policy: (.*); frame-ancestors/.exec(file) ?? []
  expect(/script-src ([^;]*)/.exec(policy)?.[1]).toMatch(/^'self' 'wasm-unsafe-eval'( 'sha256-[\w+/=]+')+$/)
  expect(file).toBe(headersFile(securityHeaders(policy)))
  expect(caddy).toBe(caddySnippet(securityHeaders(policy)))
  expect(readFileSync(join(root, 'dist/index.html'), 'utf8')).toContain(
    `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`,
  )
})
