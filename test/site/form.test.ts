/** The form of a runbook's page: what is typed there reaches a shell as it is, and nothing else changes. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readArgs } from '../../src/cli/args.ts'
import type { Document } from '../../src/runbook/document.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { commandText } from '../../src/site/command-line.ts'
import { serve } from '../../src/site/serve.ts'
import { openLab, SHELLS } from '../runbook/support/lab.ts'
import { openBrowser, visibleText } from './support/browser.ts'
import { copyProject } from './support/project.ts'

const source = `import { $, choice, flag, integer, moment, runbook, secret, step, text } from '#runbook'

/**
 * Paint the lamp
 *
 * In another colour.
 */
const { COLOUR, NOTE, SINCE, COATS, WHICH, WET, KEY } = runbook({
  category: 'Lamps',
  params: {
    COLOUR: text('Which colour.'),
    NOTE: text('What to write on it.', "the king's lamp"),
    SINCE: moment('When it is dry.', ''),
    COATS: integer('How many coats.', '2'),
    WHICH: choice('Which part.', ['foot', 'shade'], 'foot'),
    WET: flag('Leave it wet.'),
    KEY: secret('Of the cupboard.'),
  },
})

await step('Paint', async () => {
  await $\`lamp paint \${COLOUR} \${NOTE} \${SINCE} \${COATS} \${WHICH} \${WET}\`
  await $\`printf %s \${KEY} | lamp cupboard\`
})
`

/** What means something to a shell, to HTML, or to whoever parses options. */
const hostile = [
  "it's",
  "'; probe stolen; '",
  '$(probe stolen)',
  '`probe stolen`',
  '"; probe stolen; "',
  '\\',
  "\\'",
  '!!',
  '--on=production',
  '-n',
  '${HOME}',
  '</code><script>document.title = "stolen"</script>',
  '&quot;\u007f\u202e',
  '*',
  '~root',
  '=ls',
  ' two  spaces ',
  '漢字 😀',
]

const project = copyProject()
const lab = openLab()
let site: Awaited<ReturnType<typeof serve>>
let browser: Browser
let document: Document

beforeAll(async () => {
  document = await project.runbook('paint', source)
  browser = await openBrowser()
  await project.build()
  site = await serve(project.dist)
})

afterAll(async () => {
  await browser?.close()
  site?.close()
  project.remove()
  lab.remove()
})

async function onPage<Result>(
  look: (page: Page) => Promise<Result>,
  { query = '', ...options }: BrowserContextOptions & { query?: string } = {},
): Promise<Result> {
  const context = await browser.newContext({
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  })
  try {
    const page = await context.newPage()
    await page.goto(`${site.url}/runbooks/paint/${query}`)
    return await look(page)
  } finally {
    await context.close()
  }
}

const field = (page: Page, name: string) => page.getByLabel(name, { exact: true })
const enter = '[data-block="enter"] >> nth=0'
const command = '[data-command]'

/** By the button; what is shown must be the same. */
async function copy(page: Page, figure: string): Promise<string> {
  const block = page.locator(figure)
  await page.evaluate(() => navigator.clipboard.writeText(''))
  await block.hover()
  await block.locator('.copy button').click()
  const read = () => page.evaluate(() => navigator.clipboard.readText())
  await vi.waitUntil(read)
  const copied = await read()
  const shown = await block.locator('.ec-line .code').allTextContents()
  expect(shown.map((line) => line.replace(/\n$/, ''))).toEqual(copied.split('\n'))
  return copied
}

test('untouched, and when it has been reset, the page is as it was drilled', async () => {
  const drilled = blocks(document)[0]?.text ?? ''
  const commands = commandText('paint', document.params)
  await onPage(async (page) => {
    const before = await page.locator(enter).innerHTML()
    expect([await copy(page, enter), await copy(page, command)]).toEqual([drilled, commands])
    await field(page, 'COLOUR').fill('red')
    await field(page, 'WET').check()
    expect(await copy(page, enter)).toBe(blocks(document, { COLOUR: 'red', WET: 'true' })[0]?.text)
    await page.getByRole('button', { name: 'As it was' }).click()
    await expect.poll(() => copy(page, enter)).toBe(drilled)
    expect(await copy(page, command)).toBe(commands)
    // With the colours that it had.
    expect(await page.locator(`${enter} >> code`).innerHTML()).toBe(/<code>(.*)<\/code>/s.exec(before)?.[1])
  })
})

describe('what is typed', () => {
  const typed: { enter: string; command: string }[] = []
  beforeAll(() =>
    onPage(async (page) => {
      for (const value of hostile) {
        await field(page, 'COLOUR').fill(value)
        await field(page, 'NOTE').fill(value)
        typed.push({ enter: await copy(page, enter), command: await copy(page, command) })
      }
      expect(await page.title()).not.toBe('stolen')
    }),
  )

  test.each(SHELLS)('reaches %s as it is, pasted', async (shell) => {
    const names = document.params.filter(({ kind }) => kind !== 'secret').map(({ name }) => name)
    const probe = `probe ${names.map((name) => `"$${name}"`).join(' ')}`
    lab.reset()
    const script = typed.map(({ enter }) => enter.replace('. scripts/enter paint', probe)).join('\n')
    expect(await lab.run(shell, script)).toMatchObject({ status: 0, stderr: '' })
    expect(lab.calls()).toEqual(hostile.map((value) => [value, value, '', '2', 'foot', '']))
  })

  test.each(SHELLS)('reaches the command line from %s as it is', async (shell) => {
    lab.reset()
    const script = ['pnpm() { probe "$@"; }', ...typed.map(({ command }) => command)].join('\n')
    expect(await lab.run(shell, script)).toMatchObject({ status: 0, stderr: '' })
    const read = lab
      .calls()
      .map(([, , ...words]) =>
        readArgs(words, { values: ['on'], flags: ['dry-run'], params: document.params }),
      )
    expect(read.flatMap(({ problems }) => problems)).toEqual([])
    expect(read.map(({ params, values }) => ({ ...params, ...values }))).toEqual(
      hostile.flatMap((value) => Array(2).fill({ COLOUR: value, NOTE: value, on: 'production' })),
    )
    expect(read.map(({ flags }) => flags.has('dry-run'))).toEqual(hostile.flatMap(() => [true, false]))
  })
})

test.each([
  ['ON', 'Production', 'ON must be lower-case letters, digits and dashes. Example: production'],
  [
    'SINCE',
    '2026-11-21 13:45',
    'SINCE must be a date and a time with seconds, not "2026-11-21 13:45". Example: 2026-11-21T13:45:00+01:00',
  ],
  [
    'SINCE',
    '2026-11-21T13:45:00',
    'SINCE must say its offset from UTC (Z, or +01:00), which "2026-11-21T13:45:00" does not. Example: 2026-11-21T13:45:00+01:00',
  ],
  ['COATS', 'two', 'COATS must be a whole number, not "two". Example: 12'],
])('a bad value of %s is told, and cannot be copied: %s', async (name, value, message) => {
  await onPage(async (page) => {
    await field(page, 'COLOUR').fill('red')
    await field(page, name).fill(value)
    expect(await visibleText(page.locator(`#problem-${name}`))).toBe(message)
    expect(await field(page, name).getAttribute('aria-invalid')).toBe('true')
    expect(await field(page, name).getAttribute('aria-describedby')).toContain(`problem-${name}`)
    for (const figure of [enter, command])
      expect(await page.locator(figure).locator('.copy button').isDisabled()).toBe(true)
    await field(page, name).fill('')
    expect(await page.locator(`#problem-${name}`).textContent()).toBe('')
    expect(await copy(page, enter)).toBe(blocks(document, { COLOUR: 'red' })[0]?.text)
  })
})

test('all kinds of values come into both commands', async () => {
  await onPage(async (page) => {
    await field(page, 'ON').fill('staging')
    await field(page, 'COLOUR').fill('red')
    await field(page, 'SINCE').fill('2026-11-21T13:45:00Z')
    await field(page, 'COATS').fill('3')
    // What is said on purpose is passed on, also if it is what the runbook takes anyway: an environment may say otherwise.
    await field(page, 'WHICH').selectOption('foot')
    await field(page, 'WET').check()
    expect(await copy(page, enter)).toMatchInlineSnapshot(`
      "ON='staging'
      COLOUR='red'
      NOTE=$'the king\\047s lamp'
      SINCE='2026-11-21T13:45:00Z'
      COATS='3'
      WHICH='foot'
      WET='true'
      . scripts/enter paint"
    `)
    expect((await copy(page, command)).split('\n')[1]).toMatchInlineSnapshot(
      `"pnpm runbook paint --on staging --COLOUR='red' --SINCE='2026-11-21T13:45:00Z' --COATS='3' --WHICH='foot' --WET"`,
    )
  })
})

test('an address may bring values, which are text like any other', async () => {
  const query = `?${new URLSearchParams({ COLOUR: '<img src=x>', WHICH: 'shade', WET: 'true', KEY: 'k' })}`
  const copied = await onPage((page) => copy(page, enter), { query })
  expect(copied).toBe(blocks(document, { COLOUR: '<img src=x>', WHICH: 'shade', WET: 'true' })[0]?.text)
})

test('a secret is not asked for', () => {
  const form = /<form class="fill.*?<\/form>/s.exec(project.page('runbooks/paint'))?.[0] ?? ''
  expect(form).toContain('COLOUR')
  expect(form).not.toContain('KEY')
  expect(commandText('paint', document.params)).not.toContain('KEY')
})

test('without scripts there is the table, and no form', async () => {
  await onPage(
    async (page) => {
      expect(await page.locator('form.fill').isVisible()).toBe(false)
      expect(await page.getByRole('cell', { name: 'COLOUR', exact: true }).isVisible()).toBe(true)
    },
    { javaScriptEnabled: false },
  )
  await onPage(async (page) => {
    expect(await page.locator('form.fill').isVisible()).toBe(true)
    expect(await page.locator('.unfilled').isVisible()).toBe(false)
  })
})

test('it can be filled in with the keyboard alone, on a phone, too', async () => {
  await onPage(
    async (page) => {
      await field(page, 'ON').focus()
      await page.keyboard.type('staging')
      await page.keyboard.press('Tab')
      await page.keyboard.type('red')
      // It sends nothing anywhere.
      await page.keyboard.press('Enter')
      expect(await page.locator(enter).locator('.copy button').getAttribute('data-code')).toContain(
        "ON='staging'\u007fCOLOUR='red'\u007f",
      )
      expect(page.url()).toBe(`${site.url}/runbooks/paint/`)
      expect(await page.evaluate(() => window.document.documentElement.scrollWidth)).toBe(320)
    },
    { viewport: { width: 320, height: 700 } },
  )
})
