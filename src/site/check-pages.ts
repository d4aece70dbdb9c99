/** What is wrong with the built pages: links that lead nowhere, pages that nobody finds. Pure. */

export interface CheckedPage {
  /** `/runbooks/restore/` */
  path: string
  html: string
  /** What it is made from, relative to the project: `docs/deploy/tls.mdx`. */
  file: string
  source: string
}

/**
 * Each with file and line: of the source, where the link stands; its first line, if a component has made the link.
 * `files` are the paths of everything else that the site has: `/offline.html`.
 */
export function problemsOf(pages: CheckedPage[], files: ReadonlySet<string>): string[] {
  const anchors = new Map(pages.map(({ path, html }) => [path, anchorsOf(html)]))
  return pages.flatMap((page) => [
    ...linksOf(page.html)
      .filter((link) => !leads(link, page.path, anchors, files))
      .map(
        (link) => `${placeOf(page, link)}: the link ${link} leads nowhere. ${hint(link, page.path, anchors)}`,
      ),
    ...(isListed(page.html)
      ? []
      : [`${page.file}:1: the page ${page.path} has no entry in the sidebar. Add one in astro.config.mjs.`]),
  ])
}

type Anchors = Map<string, Set<string>>

function leads(link: string, from: string, anchors: Anchors, files: ReadonlySet<string>): boolean {
  const { pathname, hash } = new URL(link, `http://site${from}`)
  const there = anchors.get(pathname)
  if (!there) return files.has(pathname)
  return hash === '' || there.has(decodeURIComponent(hash.slice(1)))
}

/** What may have been meant. */
function hint(link: string, from: string, anchors: Anchors): string {
  const { pathname, hash } = new URL(link, `http://site${from}`)
  const there = anchors.get(pathname)
  if (there) return `${pathname} has no ${hash}.`
  if (anchors.has(`${pathname}/`)) return `Addresses of pages end with a slash: ${pathname}/`
  const folder = pathname.replace(/[^/]*\/?$/, '')
  const near = [...anchors.keys()].filter((path) => path.startsWith(folder) && path !== folder)
  return `Expected one of: ${near.join(' ')}`
}

function placeOf({ file, source }: CheckedPage, link: string): string {
  const line = source
    .split('\n')
    .findIndex((text) => text.includes(`(${link})`) || text.includes(`"${link}"`))
  return `${file}:${line + 1 || 1}`
}

/** Of the content; what stands around it is Starlight’s. Links to elsewhere do not count. */
function linksOf(html: string): string[] {
  const main = html.slice(html.indexOf('<main'), html.lastIndexOf('</main>'))
  const links = [...main.matchAll(/<a\b[^>]* href="([^"]*)"/g)].map(([, href = '']) => unescaped(href))
  return [...new Set(links)].filter((link) => !/^[a-z][a-z+.-]*:/i.test(link))
}

function anchorsOf(html: string): Set<string> {
  return new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => unescaped(id)))
}

function isListed(html: string): boolean {
  return /<a\b[^>]* aria-current="page"/.test(html.slice(0, html.indexOf('<main')))
}

function unescaped(text: string): string {
  const entities: Record<string, string> = {
    amp: '&',
    quot: '"',
    '#x27': "'",
    '#39': "'",
    lt: '<',
    gt: '>',
    '#x26': '&',
  }
  return text.replace(/&([^;]+);/g, (all, name: string) => entities[name.toLowerCase()] ?? all)
}
