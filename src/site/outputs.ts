/**
 * What the site has besides its pages: an index for programs, one for language models, the offline copy, and the headers
 * that a host must send.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AstroIntegration } from 'astro'
import { type CheckedPage, problemsOf } from './check-pages.ts'
import {
  caddySnippet,
  contentPolicy,
  headersFile,
  scriptHashes,
  securityHeaders,
  withPolicy,
} from './headers.ts'
import { offlineCopy } from './offline.ts'

/** A page as it was built. */
interface Built {
  /** `/runbooks/restore/index.html` */
  file: string
  html: string
}

/**
 * Two integrations, one before Starlight’s and one behind it. What only reads the pages is done meanwhile: Starlight waits for
 * Pagefind, a process of its own.
 */
export function outputs(): { before: AstroIntegration; behind: AstroIntegration } {
  let site: string | undefined
  let root: string
  let copy: Promise<string>
  const before: AstroIntegration = {
    name: 'outputs',
    hooks: {
      'astro:config:setup': ({ injectRoute, config }) => {
        site = config.site
        root = fileURLToPath(config.root)
        for (const name of ['runbooks.json', 'llms.txt']) {
          const entrypoint = new URL(`./pages/${name}.ts`, import.meta.url)
          injectRoute({ pattern: `/${name}`, entrypoint, prerender: true })
        }
      },
      'astro:build:done': ({ dir }) => {
        const dist = fileURLToPath(dir)
        const files = globSync('**/*', { cwd: dist }).map((file) => `/${file}`)
        const pages = files
          .filter((file) => file.endsWith('.html'))
          .map((file) => ({ file, html: readFileSync(join(dist, file), 'utf8') }))
        protect(dist, pages)
        // Until Pagefind is under way.
        copy = sleep(100).then(() => {
          check(root, pages, files)
          return offlineCopy(planAndRunbooks(pages), { at: new Date().toISOString(), site })
        })
        // It is waited for below.
        copy.catch(() => {})
      },
    },
  }
  const behind: AstroIntegration = {
    name: 'outputs-behind',
    hooks: {
      'astro:build:done': async ({ dir, logger }) => {
        writeFileSync(join(fileURLToPath(dir), 'offline.html'), await copy)
        logger.info('offline.html is written')
      },
    },
  }
  return { before, behind }
}

/** Throws with everything that is wrong, so that a site with a hole is not published. */
function check(root: string, pages: readonly Built[], files: readonly string[]): void {
  const checked = pages.flatMap(({ file, html }): CheckedPage[] => {
    const path = /^(.*\/)index\.html$/.exec(file)?.[1]
    if (path === undefined) return []
    const made = sourceOf(root, path)
    return [{ path, html, file: made, source: readFileSync(join(root, made), 'utf8') }]
  })
  // The last is written after this.
  const problems = problemsOf(checked, new Set([...files, '/offline.html']))
  if (problems.length > 0) throw new Error(`The site is not whole:\n${problems.join('\n')}`)
}

function sourceOf(root: string, path: string): string {
  const name = path.replace(/^\/|\/$/g, '')
  const candidates = [
    `runbooks/${name.replace(/^runbooks\//, '')}.ts`,
    ...['md', 'mdx'].flatMap((kind) => [`docs/${name}.${kind}`, join('docs', name, `index.${kind}`)]),
  ]
  const found = candidates.find((file) => existsSync(join(root, file)))
  if (!found)
    throw new Error(`Nothing is known that ${path} is made from: there is no ${candidates.join(', ')}.`)
  return found
}

/** Puts the content policy into every page, and beside them what hosts need to send it with everything else. */
function protect(dist: string, pages: readonly Built[]): void {
  const policy = contentPolicy(scriptHashes(pages.map(({ html }) => html)))
  for (const { file, html } of pages) writeFileSync(join(dist, file), withPolicy(html, policy))
  const headers = securityHeaders(policy)
  writeFileSync(join(dist, '_headers'), headersFile(headers))
  writeFileSync(join(dist, 'headers.caddy'), caddySnippet(headers))
}

/** By name, as runbooks are listed: a `/` would come after a `-`. */
const byFolder = ({ file: a }: Built, { file: b }: Built) => (dirname(a) < dirname(b) ? -1 : 1)

/** The plan first, then what belongs to it, then the runbooks. */
function planAndRunbooks(pages: readonly Built[]): { path: string; html: string }[] {
  const parts = [
    /^\/recovery\/index\.html$/,
    /^\/recovery\/[^/]+\/index\.html$/,
    /^\/runbooks\/[^/]+\/index\.html$/,
  ]
  return parts
    .flatMap((part) => pages.filter(({ file }) => part.test(file)).sort(byFolder))
    .map(({ file, html }) => ({ path: file.replace(/index\.html$/, ''), html }))
}
