import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listRunbooks, readRunbook } from '../../src/runbook/library.ts'
import { opening, sentenceAbout } from '../../src/site/prose.ts'

const root = join(import.meta.dirname, '../..')
const prose = `Turns the *lamp* on
again.

**Impact.** None for \`users\` until [the end](/x/). Then dark.

**It worked** when it is light.
`

test('an overview takes the first paragraph, and one sentence about a word', () => {
  expect(opening(prose)).toBe('Turns the lamp on again.')
  expect(sentenceAbout(prose, 'Impact')).toBe('None for users until the end.')
  expect(sentenceAbout(prose, 'Cost')).toBeUndefined()
})

test.each(await listRunbooks(root))('%s says what users notice', async (name) => {
  const document = await readRunbook(root, name, { commands: false })
  expect(sentenceAbout(document.prose, 'Impact')).toMatch(/^[A-Z].+\.$/)
})
