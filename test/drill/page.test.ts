import { describe, expect, test } from 'vitest'
import { blocksOf, fillIn } from '../../src/drill/page.ts'

const figure = (attributes: string, shown: string, copied: string) =>
  `<figure class="frame" ${attributes}><pre><code>${shown}</code></pre><button data-code="${copied}"></button></figure>`

describe('the blocks of a page', () => {
  test('are what the copy button copies, in the order of the page', () => {
    const html = `<!doctype html><main>
      ${figure('data-block="enter"', "<div>ON='sandbox'\n</div><div>. scripts/enter</div>", "ON='sandbox'\u007f. scripts/enter")}
      <figure><pre><code>not one of them</code></pre></figure>
      ${figure('data-block="step" data-step="stop-it"', '(\n  a &amp;&amp; b\n)', '(\u007f  a &amp;&amp; b\u007f)')}</main>`
    expect(blocksOf(html)).toEqual([
      { kind: 'enter', step: undefined, text: "ON='sandbox'\n. scripts/enter" },
      { kind: 'step', step: 'stop-it', text: '(\n  a && b\n)' },
    ])
  })

  test('must show what they copy', () => {
    expect(() => blocksOf(figure('data-block="step" data-step="x"', 'rm a', 'rm b'))).toThrow(
      'The block “step x” shows other text than its button copies',
    )
  })

  test('must exist', () => {
    expect(() => blocksOf('<p>Nothing</p>')).toThrow('no block')
  })
})

describe('the values of the first block', () => {
  const block = "ON='sandbox'\nRESTORE_TO=''\n. scripts/enter"

  test('are filled in as the form of the page does', () => {
    expect(fillIn(block, { ON: 'drill-1', RESTORE_TO: "it's $(now)" })).toBe(
      "ON='drill-1'\nRESTORE_TO=$'it\\047s $(now)'\n. scripts/enter",
    )
  })

  test('must have a line to edit', () => {
    expect(() => fillIn(block, { TARGET: 'x' })).toThrow('no line TARGET=')
  })
})
