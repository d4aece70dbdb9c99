/** The built site, with one runbook in each state that evidence can be in. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LinkChecker } from 'linkinator'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Document } from '../../src/runbook/document.ts'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { blocksInPage } from '../../src/site/blocks-in-page.ts'
import { serve } from '../../src/site/serve.ts'
import { openBrowser, visibleText } from './support/browser.ts'
import { copyProject, lampRunbook } from './support/project.ts'

vi.setConfig({ testTimeout: 170_000 })

const project = copyProject()
let site: Awaited<ReturnType<typeof serve>>
let browser: Browser
let proven: Document

beforeAll(async () => {
  proven = await project.runbook('lamp-proven', lampRunbook('Lamp, proven'))
  project.prove(proven)
  await project.runbook('lamp-missing', lampRunbook('Lamp, never drilled'))
  const stale = await project.runbook('lamp-stale', lampRunbook('Lamp, changed since'))
  project.prove(stale)
  await project.runbook('lamp-stale', lampRunbook('Lamp, changed since', 'turn on --now'))
  const failed = await project.runbook('lamp-failed', lampRunbook('Lamp, failed'))
  project.prove(failed, { result: 'failed', plays: failingPlays(failed) })
  const edited = await project.runbook('lamp-edited', lampRunbook('Lamp, edited'))
  project.prove(edited)
  const file = join(project.root, 'evidence/lamp-edited.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('14.2', '4.2'))

  browser = await openBrowser()
  await project.build()
  site = await serve(project.dist)
})

afterAll(async () => {
  await browser?.close()
  site?.close()
  project.remove()
})

function failingPlays({ items }: Document) {
  const steps = items.flatMap((item) =>
    item.type === 'step' ? [{ title: item.title, slug: item.slug, seconds: 1, output: '' }] : [],
  )
  const nothing = { rto: null, rpo: null, discarded: null, rows: null, objects: null, databaseBytes: null }
  const failure = { result: 'failed' as const, reason: 'the bulb is broken' }
  return [{ scenario: 'The lamp is off', rendition: 'script' as const, ...nothing, ...failure, steps }]
}

async function inPage<Result>(
  path: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<Result>,
  now?: string,
): Promise<Result> {
  const context = await browser.newContext(options)
  try {
    context.setDefaultTimeout(100_000)
    const page = await context.newPage()
    if (now) await page.clock.setFixedTime(new Date(now))
    await page.goto(site.url + path)
    return await look(page)
  } finally {
    await context.close()
  }
}

const proof = (page: Page) => visibleText(page.locator('.proof'))

describe('the blocks of a page', () => {
  test('are those of the shell rendition, byte for byte, shown and copied', async () => {
    for (const name of await listRunbooks(project.root)) {
      const document = await readRunbook(project.root, name)
      const expected = blocks(document)
        .filter(({ kind }) => kind !== 'confirm')
        .map(({ kind, step, text }) => ({ kind, step, text, copied: text }))
      expect(blocksInPage(project.page(`runbooks/${name}`))).toEqual(expected)
    }
  })

  test('reach the clipboard as they are, by the button and by selecting', async () => {
    const expected = blocks(proven).filter(({ kind }) => kind !== 'confirm')
    const permissions = ['clipboard-read', 'clipboard-write']
    await inPage('/runbooks/lamp-proven/', { permissions }, async (page) => {
      const figures = page.locator('figure[data-block]')
      expect(await figures.count()).toBe(expected.length)
      for (const [index, { text }] of expected.entries()) {
        await figures.nth(index).hover()
        await figures.nth(index).locator('.copy button').click()
        await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(text)
        await figures.nth(index).locator('code').selectText()
        const selected = () => page.evaluate(() => getSelection()?.toString().replace(/\n$/, ''))
        await expect.poll(selected).toBe(text)
      }
    })
  })

  test('have their wrapper lines dimmed, and only those', async () => {
    const step = blocks(proven).find(({ kind }) => kind === 'step')
    const lines = step?.text.split('\n') ?? []
    const dimmed = await inPage('/runbooks/lamp-proven/', {}, (page) =>
      page.locator('figure[data-block="step"]').first().locator('.wrapper-line .code').allTextContents(),
    )
    expect(dimmed.map((line) => line.replace(/\n$/, ''))).toEqual(step?.dim.map((line) => lines[line]))
  })
})

describe('a page', () => {
  test('has every step as a heading with the anchor that the command line prints', async () => {
    const steps = proven.items.flatMap((item) => (item.type === 'step' ? [item] : []))
    await inPage('/runbooks/lamp-proven/', { viewport: { width: 1400, height: 900 } }, async (page) => {
      for (const { title, slug } of steps) {
        expect(await page.locator(`h3#${slug}`).textContent()).toBe(title)
        expect(await visibleText(page.locator(`starlight-toc a[href="#${slug}"]`).first())).toBe(title)
      }
    })
  })

  test('shows the output of the last drill, the way back, the checkbox, the source', async () => {
    await inPage('/runbooks/lamp-proven/', {}, async (page) => {
      const first = page.locator('details.output').first()
      await first.locator('summary').click()
      // A block out of sight is laid out when it comes near: with the next picture.
      const text = "done Don't trip: look for the lamp's switch"
      await expect.poll(() => visibleText(first.locator('code'))).toBe(text)
      expect(await page.locator('figure[data-block="undo"] code').count()).toBe(1)
      expect(await page.getByRole('checkbox', { name: 'Can you read this?' }).isChecked()).toBe(false)
      const source = page.locator('figure', { has: page.getByText('runbooks/lamp-proven.ts') })
      const copied = await source.locator('.copy button').getAttribute('data-code')
      expect(copied?.replaceAll('\u007f', '\n')).toBe(proven.source.trim())
    })
  })

  test('shows a param’s description as text, not as Markdown', () => {
    expect(project.page('runbooks/lamp-proven')).toContain('Which room: its *exact* name.')
  })

  test('says what the script does and pasting does not', () => {
    const html = project.page('runbooks/lamp-proven')
    expect(html).toContain('Consent, the journal and resuming belong to the script.')
    expect(html).toContain('aliases and functions of your own shell still apply')
  })

  test('can be found by a step’s title', async () => {
    const found = await inPage('/', {}, async (page) => {
      await page.getByRole('button', { name: 'Search' }).click()
      await page.locator('#starlight__search input').fill('look for the lamp')
      await page.locator('.pagefind-ui__result-link').first().waitFor()
      return page
        .locator('.pagefind-ui__result-link')
        .evaluateAll((links) => links.map((a) => a.getAttribute('href')))
    })
    expect(found.some((href) => href?.includes('/runbooks/lamp-'))).toBe(true)
  })
})

describe('proof', () => {
  test('names the figures beside the objectives, the worst of each', async () => {
    expect(await inPage('/runbooks/lamp-proven/', {}, proof, '2026-11-21T08:00:00Z')).toMatchInlineSnapshot(`
      "Proven
      19 November 2026, 2 days ago

      Time to recover
      16 s
      objective 15 s, missed
      Data lost
      1 min 2 s
      objective 5 min, kept
      All steps
      2.5 s
      usually
      Drilled
      1 scenario
      as script, bash, zsh

      The script, the stack and the language are the ones that were drilled: the fingerprint matches. All 3,702 rows that were compared are right. Measured with 48 MB of data in the reference stack."
    `)
  })

  test('turns amber after eight days and red after fifteen, on the same page', async () => {
    const look = async (page: Page) => {
      const border = page.locator('.proof').evaluate((bar) => getComputedStyle(bar).borderInlineStartColor)
      return { verdict: await visibleText(page.locator('.proof-verdict')), color: await border }
    }
    const at = (now: string) => inPage('/runbooks/lamp-proven/', {}, look, now)
    const fresh = await at('2026-11-26T08:00:00Z')
    const late = await at('2026-11-28T08:00:00Z')
    const overdue = await at('2026-12-04T08:00:00Z')
    expect(fresh.verdict).toContain('19 November 2026, 7 days ago')
    expect(late.verdict).toContain('19 November 2026, 9 days ago: the weekly drill is overdue')
    expect(overdue.verdict).toContain('15 days ago: the weekly drill is overdue')
    const hues = [fresh, late, overdue].map(({ color }) => hue(color))
    expect(hues).toEqual(['green', 'amber', 'red'])
  })

  test('is a date where there is no JavaScript', async () => {
    const text = await inPage('/runbooks/lamp-proven/', { javaScriptEnabled: false }, (page) =>
      visibleText(page.locator('.proof-verdict')),
    )
    expect(text).toMatch(/Proven\s+19 November 2026$/)
  })

  test('is gone, in words, once the runbook has changed', async () => {
    const text = await inPage('/runbooks/lamp-stale/', {}, proof)
    expect(text).toContain('Not proven')
    expect(text).toContain('has changed since: the fingerprint does not match')
  })

  test('was never there without evidence', async () => {
    const text = await inPage('/runbooks/lamp-missing/', {}, proof)
    expect(text).toContain('Never proven')
    expect(text).toContain('No drill has played this runbook yet.')
    expect(text).not.toContain('14 s')
  })

  test('is refused to evidence that was edited by hand, with its figures', async () => {
    const html = project.page('runbooks/lamp-edited')
    expect(await inPage('/runbooks/lamp-edited/', {}, proof)).toContain('edited by hand, or damaged')
    expect(html).not.toContain('4.2 s')
    expect(html).not.toContain('id="measured"')
  })

  test('of a drill that failed says why', async () => {
    const text = await inPage('/runbooks/lamp-failed/', {}, proof)
    expect(text).toContain('Failed')
    expect(text).toContain('the bulb is broken')
    expect(text).toContain('Do not rely on this runbook.')
  })

  test('is the same in the overviews', () => {
    const verdict =
      /<tr class="proof-row" data-proof="(\w+)"[^>]*>\s*<td>\s*<a href="\/runbooks\/(lamp-\w+)\/"/g
    const rows = [...project.page('runbooks').matchAll(verdict)].map(([, state, name]) => `${name} ${state}`)
    expect(rows.sort()).toEqual([
      'lamp-edited edited',
      'lamp-failed failed',
      'lamp-missing missing',
      'lamp-proven proven',
      'lamp-stale stale',
    ])
  })
})

describe('the recovery plan', () => {
  const rows = (page: Page, table: string) =>
    page
      .getByRole('region', { name: table })
      .locator('tbody tr')
      .evaluateAll((all) =>
        all.map((row) => [...row.children].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim())),
      )

  test('has every objective beside the worst that was measured, and when', async () => {
    const table = await inPage('/recovery/', { javaScriptEnabled: false }, (page) => rows(page, 'Objectives'))
    const lamp = table.filter(([name]) => name === 'Lamp, proven')
    expect(lamp).toEqual([
      [
        'Lamp, proven',
        'Back within 15 s',
        '16 s missed',
        'The lamp is off',
        '19 November 2026 48 MB of data',
      ],
      [
        'Lamp, proven',
        'At most lost 5 min',
        '1 min 2 s kept',
        'The lamp is off',
        '19 November 2026 48 MB of data',
      ],
    ])
    expect(table).toContainEqual(['Lamp, never drilled', 'Back within 15 s', 'not measured', '–', 'never'])
  })

  test('tells what no runbook helps against, until there is one', async () => {
    const table = await inPage('/recovery/', {}, (page) => rows(page, 'Disasters'))
    const open = table.filter(([, then]) => then?.startsWith('No runbook yet.')).map(([what]) => what)
    expect(open).toContain('The region is lost')
    expect(open).not.toContain('A new version is broken')
  })

  test('does not take a verification for a disaster', async () => {
    const table = await inPage('/recovery/', {}, (page) => rows(page, 'Disasters'))
    const runbooks = table.map(([, runbook]) => runbook)
    expect(runbooks).toContain('Restore the database')
    expect(runbooks).not.toContain('Verify a backup')
  })
})

describe('the offline copy', () => {
  test('is one file: it opens without network and asks for nothing else', async () => {
    const context = await browser.newContext({ offline: true, viewport: { width: 320, height: 700 } })
    const page = await context.newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const address = `file://${join(project.dist, 'offline.html')}`
    await page.goto(address)
    expect(asked).toEqual([address])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    const anchors = await page
      .locator('a[href^="#"]')
      .evaluateAll((links) => links.map((a) => (a as HTMLAnchorElement).hash.slice(1)))
    const missing = await page.evaluate((ids) => ids.filter((id) => !document.getElementById(id)), anchors)
    expect(missing).toEqual([])
    await context.close()
  })

  test('has the plan, and every runbook with its proof and its blocks as they are', async () => {
    const html = readFileSync(join(project.dist, 'offline.html'), 'utf8')
    expect(html).toContain('<h2 id="recovery">Disaster recovery</h2>')
    const shown = blocksInPage(html).map(({ kind, step, text }) => ({ kind, step, text }))
    const expected = []
    for (const name of await listRunbooks(project.root)) {
      const document = await readRunbook(project.root, name)
      expect(html).toContain(`<h2 id="runbooks-${name}">`)
      expected.push(...blocks(document).filter(({ kind }) => kind !== 'confirm'))
    }
    expect(shown).toEqual(expected.map(({ kind, step, text }) => ({ kind, step, text })))
    expect(html).toContain('<strong>Never proven</strong>')
  })
})

describe('for programs', () => {
  test('runbooks.json has every runbook with what its evidence says', async () => {
    const { v, runbooks } = JSON.parse(readFileSync(join(project.dist, 'runbooks.json'), 'utf8'))
    expect(v).toBe(1)
    expect(runbooks.map(({ name }: { name: string }) => name)).toEqual(await listRunbooks(project.root))
    expect(runbooks.find(({ name }: { name: string }) => name === 'lamp-proven')).toMatchObject({
      title: 'Lamp, proven',
      address: '/runbooks/lamp-proven/',
      destructive: true,
      objective: { rto: '15s', rpo: '5m' },
      proof: { state: 'proven', finished: '2026-11-19T03:12:00.000Z', rto: 15.9, rpo: 62 },
    })
  })

  test('llms.txt has every page, and says what is proven', () => {
    const text = readFileSync(join(project.dist, 'llms.txt'), 'utf8')
    const listed = [...text.matchAll(/^- \[.*\]\((\/.*\/)\): \S/gm)].map(([, path]) => path)
    expect(listed.sort()).toEqual(
      builtPages()
        .filter((path) => path !== '/')
        .sort(),
    )
    expect(text).toMatch(/\[Lamp, changed since\].* Not proven: /)
  })
})

describe('every page', () => {
  test('links to pages and anchors that exist', async () => {
    const { broken, reached } = await checkLinks(site.url)
    expect(broken).toEqual([])
    expect(reached).toEqual(expect.arrayContaining(builtPages()))
  })

  test('would be caught with a link or an anchor that leads nowhere', async () => {
    const folder = join(project.root, 'broken')
    mkdirSync(folder)
    writeFileSync(
      join(folder, 'index.html'),
      '<p id="here"><a href="#here"></a><a href="#there"></a><a href="/gone/"></a>',
    )
    const other = await serve(folder)
    const { broken } = await checkLinks(other.url)
    other.close()
    expect(broken.map((link) => link.replaceAll(other.url, '')).sort()).toEqual(['/ → /#there', '/ → /gone/'])
  })

  const paths = [
    '/',
    '/recovery/',
    '/recovery/contacts/',
    '/recovery/incidents/',
    '/runbooks/',
    '/runbooks/lamp-proven/',
    '/architecture/',
    '/architecture/services/',
    '/deploy/',
    '/deploy/configuration/',
    '/deploy/scaling/',
    '/deploy/tls/',
    '/contributing/pipelines/',
    '/contributing/releases/',
    '/reference/cli/',
    '/reference/evidence/',
    '/reference/language/',
  ]

  /** Expressive Code’s own: code that scrolls becomes a region, and its regions have no names. */
  const namelessCode = /^landmark-unique: <pre data-language=/

  test.each(['light', 'dark'] as const)('has no finding of axe that is ours (%s)', async (colorScheme) => {
    const axe = readFileSync(join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8')
    for (const path of paths) {
      const findings = await inPage(
        path,
        { colorScheme, viewport: { width: 1280, height: 900 } },
        async (page) => {
          // Code that scrolls is made focusable when it comes into sight, and the browser is idle.
          await page.evaluate(async () => {
            for (const block of document.querySelectorAll('.expressive-code')) {
              block.scrollIntoView()
              await new Promise(requestAnimationFrame)
            }
          })
          await page.waitForFunction(() =>
            [...document.querySelectorAll('pre')].every(
              (pre) => pre.scrollWidth <= pre.clientWidth || pre.hasAttribute('tabindex'),
            ),
          )
          await page.evaluate(axe)
          // Starlight's own: its search button says “Search Ctrl K” and is labelled “Search”.
          const result = await page.evaluate(() =>
            (globalThis as unknown as { axe: typeof import('axe-core') }).axe.run({
              rules: { 'label-content-name-mismatch': { enabled: false } },
            } as never),
          )
          return result.violations
            .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
            .filter((finding) => !namelessCode.test(finding))
        },
      )
      expect(findings, path).toEqual([])
    }
  })

  test('fits on 320 pixels; what is wider scrolls in its own box', async () => {
    for (const path of paths) {
      await inPage(path, { viewport: { width: 320, height: 700 } }, async (page) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        expect(width, path).toBe(320)
        const pre = page.locator('figure[data-block="step"] pre').first()
        if (path !== '/runbooks/lamp-proven/') return
        expect(await pre.evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(true)
      })
    }
  })
})

test('a changed command reaches the page, although rendered Markdown is cached', async () => {
  await project.runbook('lamp-proven', lampRunbook('Lamp, proven', 'turn on --slowly'))
  await project.build()
  const html = project.page('runbooks/lamp-proven')
  expect(html).toContain('data-proof="stale"')
  expect(html).toContain('--slowly')
  expect(html).toContain('Not proven')
})

async function checkLinks(url: string): Promise<{ broken: string[]; reached: string[] }> {
  const { links } = await new LinkChecker().check({
    path: `${url}/`,
    recurse: true,
    checkFragments: true,
    concurrency: 20,
    linksToSkip: async (link) => !link.startsWith(url),
  })
  return {
    broken: links.filter(({ state }) => state === 'BROKEN').map((link) => `${link.parent} → ${link.url}`),
    reached: links.map((link) => new URL(link.url).pathname),
  }
}

/** Paths of the built pages but the one for what is not found. */
function builtPages(): string[] {
  const files = readdirSync(project.dist, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('index.html'))
    .map((file) => `/${file.slice(0, -'index.html'.length)}`)
}

function hue(color: string): string {
  const [red = 0, green = 0] = color.match(/[\d.]+/g)?.map(Number) ?? []
  if (green > red) return 'green'
  return green > 100 ? 'amber' : 'red'
}
