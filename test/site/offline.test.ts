import { expect, test } from 'vitest'
import { offlineCopy } from '../../src/site/offline.ts'

const at = '2026-11-21T18:00:00.000Z'
const page = (path: string, content: string) => ({
  path,
  html: `<html><head><link rel="stylesheet" href="/x.css"></head><body><h1>Title of ${path}</h1><div class="sl-markdown-content">${content}</div><footer>no</footer></body></html>`,
})
const copy = (content: string, site?: string) =>
  offlineCopy([page('/recovery/', content), page('/runbooks/restore/', '<h2 id="steps">Steps</h2>')], {
    at,
    site,
  })

test('keeps the content below the page’s title, and nothing that needs the site', () => {
  const html = copy(
    '<script>x()</script><img src="/a.png"><link href="/b.css"><div class="sl-heading-wrapper"><h2 id="a">A</h2><a class="sl-anchor-link" href="#a">#</a></div><p>Text<button>Copy</button></p><form><input></form>',
  )
  expect(html).toContain(
    '<section><h2 id="recovery">Title of /recovery/</h2><div class="sl-heading-wrapper"><h3 id="recovery--a">A</h3></div><p>Text</p></section>',
  )
  expect(html).not.toMatch(/<script|<link|<img|<button|footer|src=|url\(/)
})

test('code is the text, line by line', () => {
  const line = (text: string) =>
    `<div class="ec-line"><div class="code"><span style="--0:red">${text}</span></div></div>`
  const html = copy(
    `<figure data-block="step"><pre><code>${line('a &amp;&amp;\n')}${line('  b')}</code></pre></figure>`,
  )
  expect(html).toContain('<figure data-block="step"><pre><code>a &amp;&amp;\n  b</code></pre></figure>')
})

test('links lead into the file, to the site, or are text', () => {
  const links =
    '<a href="/runbooks/restore/#steps">1</a><a href="#a">2</a><a href="/runbooks/restore/">3</a><a href="/deploy/">4</a><a href="https://example.org/">5</a>'
  expect(copy(links)).toContain(
    '<a href="#runbooks-restore--steps">1</a><a href="#recovery--a">2</a><a href="#runbooks-restore">3</a><span>4</span><a href="https://example.org/">5</a>',
  )
  expect(copy(links, 'https://ops.example.org')).toContain('<a href="https://ops.example.org/deploy/">4</a>')
})

test('a runbook’s source is left out', () => {
  expect(
    copy('<p>In</p><div class="sl-heading-wrapper level-h2"><h2 id="source">Source</h2></div><pre>x</pre>'),
  ).toContain('<p>In</p></section>')
})

test('a page without content is an error, not a hole', () => {
  expect(() => offlineCopy([{ path: '/recovery/', html: '<h1>T</h1>' }], { at, site: undefined })).toThrow(
    '/recovery/ has no title or no content to copy.',
  )
})
