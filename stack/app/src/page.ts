import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { Book } from './books.ts'
import type { Description } from './descriptions.ts'

const style = `
:root { color-scheme: light dark; --ink: light-dark(#2b2622, #ece5dc); --soft: light-dark(#6b6057, #a89d92);
  --paper: light-dark(#faf7f2, #1b1816); --line: light-dark(#e4dbd0, #37312c); --accent: light-dark(#8c3b1f, #e8a07f) }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 0 clamp(1rem, 4vw, 2.5rem); background: var(--paper); color: var(--ink);
  font: 1rem/1.5 Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif }
header { padding: clamp(1.5rem, 5vw, 3.5rem) 0 1.5rem; border-bottom: 1px solid var(--line) }
h1 { margin: 0; font-size: clamp(1.6rem, 5vw, 2.4rem); font-weight: 600; letter-spacing: -.01em }
p { margin: .25rem 0 0; color: var(--soft) }
ul { list-style: none; margin: 2rem 0; padding: 0; display: grid; gap: 2rem 1.25rem;
  grid-template-columns: repeat(auto-fill, minmax(min(7.5rem, 100%), 1fr)) }
li { min-width: 0; overflow-wrap: anywhere }
.cover { display: grid; place-items: center; width: 100%; height: auto; aspect-ratio: 2 / 3; object-fit: cover; border-radius: 3px 6px 6px 3px;
  background: var(--line); color: var(--soft); font-size: 2.5rem;
  box-shadow: inset 3px 0 4px -2px rgb(0 0 0 / .35), 0 1px 2px rgb(0 0 0 / .2), 0 6px 14px -6px rgb(0 0 0 / .35) }
h2 { margin: .75rem 0 0; font-size: 1rem; font-weight: 600; line-height: 1.3 }
h2 a { color: inherit; text-decoration: none }
h2 a:hover { text-decoration: underline }
li p { font-size: .875rem; line-height: 1.4 }
.book { max-width: 34rem; padding: 2rem 0 }
.book .cover { width: 7.5rem }
nav, footer { padding: 1.25rem 0 2rem; font-size: .875rem; color: var(--soft) }
footer { border-top: 1px solid var(--line) }
a { color: var(--accent); text-underline-offset: .15em }
code { font-family: ui-monospace, 'Cascadia Mono', Menlo, monospace; font-size: .9em }
.message { max-width: 34rem; padding: 18vh 0 }
`

const styleHash = createHash('sha256').update(style).digest('base64')

/** Nothing but our own style and images may be loaded. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

type Content = ReturnType<typeof html>

function layout(title: string, body: Content, footer: string) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
${body}
<footer>${footer}</footer>
</body>
</html>
`
}

export type Shelf = {
  books: Book[]
  count: number
  countLimit: number
  next: string | undefined
  version: string
  commit: string
}

export function shelfPage({ books, count, countLimit, next, version, commit }: Shelf) {
  const counted =
    count >= countLimit ? `more than ${countLimit - 1} books` : count === 1 ? '1 book' : `${count} books`
  const body = html`<header><h1>A shelf of e-books</h1><p>${count === 0 ? 'No books yet.' : counted}</p></header>
<main><ul>${books.map(
    (book) => html`
<li>${coverOf(book)}
<h2><a href="/books/${book.id}">${book.title}</a></h2><p>${writtenBy(book)}</p></li>`,
  )}
</ul></main>
${next ? html`<nav><a href="/?after=${next}" rel="next">More books</a></nav>` : ''}`
  return layout('A shelf of e-books', body, footer(version, commit))
}

export type OneBook = {
  book: Book
  /** Undefined where there is no catalogue. */
  description: Description | undefined
  version: string
  commit: string
}

export function bookPage({ book, description, version, commit }: OneBook) {
  const body = html`<main class="book">${coverOf(book)}
<h1>${book.title}</h1><p>${writtenBy(book)}</p>
${description ? html`<p class="description">${description.description ?? description.message}</p>` : ''}
<nav><a href="/">All books</a></nav></main>`
  return layout(book.title, body, footer(version, commit))
}

const footer = (version: string, commit: string) => `Version ${version} (${commit.slice(0, 12)})`
const writtenBy = ({ author, year }: Book) => `${author}${year === null ? '' : ` · ${year}`}`

function coverOf({ id, title, cover }: Book) {
  return cover
    ? html`<img class="cover" src="/api/books/${id}/cover?v=${cover.sha256.slice(0, 16)}" alt="" width="200" height="300" loading="lazy" decoding="async">`
    : html`<span class="cover" aria-hidden="true">${[...title][0]}</span>`
}

export function messagePage(title: string, message: string, footer: string) {
  return layout(title, html`<main class="message"><h1>${title}</h1><p>${message}</p></main>`, footer)
}
