/**
 * The recovery plan and the runbooks as one HTML file that needs nothing else: no network, no other file, no script.
 * It is made from the built pages, so it cannot say something else than they do. Pure.
 */
import { Document, Element } from 'domhandler'
import { elements, find, hasClass, parse, serialize, textOf, withoutTags } from './html-tree.ts'
import { day, html } from './words.ts'

export interface BuiltPage {
  /** `/runbooks/restore/` */
  path: string
  html: string
}

interface Made {
  /** When the site was built: ISO 8601. */
  at: string
  /** The site's address, if it has one: links that lead out of this file lead there. */
  site: string | undefined
}

/** In the order of `pages`. Throws if a page has no content where Starlight puts it. */
export function offlineCopy(pages: BuiltPage[], { at, site }: Made): string {
  const sections = pages.map((page) => ({ key: keyOf(page.path), ...partsOf(page) }))
  const paths = new Set(pages.map(({ path }) => path))
  for (const [index, { content }] of sections.entries()) {
    const { path } = pages[index] as BuiltPage
    simplify(content)
    readdress(content, { path, paths, site })
  }
  const contents = sections.map(({ key, title }) => `<li><a href="#${key}">${html(title)}</a></li>`)
  const bodies = sections.map(
    ({ key, title, content }) =>
      `<section><h2 id="${key}">${html(title)}</h2>${serialize(content)}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Recovery plan and runbooks, ${day(at)}</title>
<style>${style}</style>
</head>
<body>
<h1>Recovery plan and runbooks</h1>
<p>A copy of the handbook as it was on <time datetime="${at}">${day(at)}</time>. It needs no network and no other file. What was
proven then may have changed since.</p>
<nav><ol>${contents.join('')}</ol></nav>
${bodies.join('\n')}
</body>
</html>
`
}

/** `/runbooks/restore/` → `runbooks-restore`. */
function keyOf(path: string): string {
  return path.split('/').filter(Boolean).join('-')
}

/** Where Starlight puts them. A page is cut, and not parsed whole: a sidebar of a thousand runbooks is in each. */
const content = ['<div class="sl-markdown-content">', '<footer'] as const
const heading = ['<h1', '</h1>'] as const
/** A runbook's page ends with the script that it was made from: of no use on paper. */
const source = /(<div class="sl-heading-wrapper[^>]*>)?<h2 [^>]*\bid="source"/

function partsOf({ path, html: text }: BuiltPage): { title: string; content: Document } {
  const title = between(text, heading)
  const body = between(text, content)
  if (!title || !body) throw new Error(`${path} has no title or no content to copy.`)
  const kept = body.slice(0, source.exec(body)?.index)
  const root = find(parse(uncoloured(kept)), (node) => hasClass(node, 'sl-markdown-content'))
  return { title: textOf(parse(title)).trim(), content: new Document(root?.children ?? []) }
}

/** Takes out what needs the site. Headings go down by one, below the page's title. */
function simplify(tree: Document | Element): void {
  tree.children = tree.children.filter((node) => !(node instanceof Element && isUseless(node)))
  for (const node of tree.children) {
    if (!(node instanceof Element)) continue
    const level = /^h([2-5])$/.exec(node.name)?.[1]
    if (level) node.name = `h${Number(level) + 1}`
    simplify(node)
  }
}

const isUseless = (node: Element) =>
  ['script', 'style', 'link', 'button', 'form', 'img'].includes(node.name) ||
  ['sl-anchor-link', 'copy', 'sr-only'].some((name) => hasClass(node, name))

/** From the first of these to where the second follows, which is not part of it; undefined if they are not there. */
function between(text: string, [begin, end]: readonly [string, string]): string | undefined {
  const from = text.indexOf(begin)
  const to = from < 0 ? -1 : text.indexOf(end, from)
  return to < 0 ? undefined : text.slice(from, to)
}

/** What a button copies. */
const copied = / data-code="[^"]*"/g
const pre = /(<pre\b[^>]*>)(.*?)<\/pre>/gs

/**
 * Makes code plain, before anything is parsed: most of a page is colours. Expressive Code ends a line with its element; in a
 * pasteable block there is a newline besides.
 */
function uncoloured(text: string): string {
  return text.replace(copied, '').replace(pre, (_, opening: string, inner: string) => {
    const lines = inner.split(/(?=<div class="ec-line\b)/).slice(1)
    const code = lines.map((line) => withoutTags(line).replace(/\n$/, '')).join('\n')
    return `${opening}<code>${lines.length > 0 ? code : withoutTags(inner)}</code></pre>`
  })
}

/** Anchors get their page's name before them; links lead into this file, to the site, or nowhere. */
function readdress(
  tree: Document,
  { path, paths, site }: { path: string; paths: Set<string>; site: string | undefined },
) {
  for (const node of elements(tree)) {
    const { id, href } = node.attribs
    if (id !== undefined) node.attribs['id'] = `${keyOf(path)}--${id}`
    if (node.name !== 'a' || href === undefined || /^https?:/.test(href)) continue
    const target = new URL(href, `http://site${path}`)
    if (paths.has(target.pathname)) {
      const anchor = target.hash.slice(1)
      node.attribs['href'] = `#${keyOf(target.pathname)}${anchor ? `--${anchor}` : ''}`
    } else if (site) {
      node.attribs['href'] = new URL(href, site).href
    } else {
      node.name = 'span'
      delete node.attribs['href']
    }
  }
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 50rem; margin: 0 auto; padding: 1rem }
h2 { margin-top: 3rem; border-top: 2px solid; padding-top: 1rem }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8888; border-radius: .3rem; font-size: .85rem }
figure { margin: 1rem 0 }
figcaption:empty { display: none }
table { display: block; overflow-x: auto; border-collapse: collapse; font-size: .9rem }
code { overflow-wrap: anywhere }
pre code { overflow-wrap: normal }
svg { max-width: 100%; height: auto }
.wide { overflow-x: auto }
th, td { text-align: start; vertical-align: top; padding: .3rem .6rem; border: 1px solid #8888 }
small { display: block }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem }
dt { font-size: .85rem }
dd { margin: 0; font-weight: 600 }
dd small { font-weight: 400 }
.starlight-aside { border-inline-start: 3px solid; padding-inline-start: 1rem }
.starlight-aside svg { display: none }
@media print { section { break-before: page } pre { white-space: pre-wrap } details { display: none } }
`
