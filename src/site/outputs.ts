/**
 * What the site has besides its pages: an index for programs, one for language models, the offline copy, and the headers
 * that a host must send.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

export function outputs(): AstroIntegration {
  let site: string | undefined
  let root: string
  return {
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
      'astro:build:done': ({ dir, logger }) => {
        const dist = fileURLToPath(dir)
        check(root, dist)
        const pages = planAndRunbooks(dist)
        writeFileSync(join(dist, 'offline.html'), offlineCopy(pages, { at: new Date().toISOString(), site }))
        logger.info(`offline.html: ${pages.length} pages`)
        protect(dist)
      },
    },
  }
}

/** Throws with everything that is wrong, so that a site with a hole is not published. */
function check(root: string, dist: string): void {
  const built = globSync('**/*', { cwd: dist }).map((file) => `/${file}`)
  const pages = built.flatMap((file): CheckedPage[] => {
    const path = /^(.*\/)index\.html$/.exec(file)?.[1]
    if (path === undefined) return []
    const made = sourceOf(root, path)
    return [
      {
        path,
        html: readFileSync(join(dist, file), 'utf8'),
        file: made,
        source: readFileSync(join(root, made), 'utf8'),
      },
    ]
  })
  // Written when the build is done, after this.
  const problems = problemsOf(pages, new Set([...built, '/offline.html']))
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
function protect(dist: string): void {
  const files = globSync('**/*.html', { cwd: dist }).filter((file) => file !== 'offline.html')
  const pages = files.map((file) => ({
    file: join(dist, file),
    html: readFileSync(join(dist, file), 'utf8'),
  }))
  const policy = contentPolicy(scriptHashes(pages.map(({ html }) => html)))
  for (const { file, html } of pages) writeFileSync(file, withPolicy(html, policy))
  const headers = securityHeaders(policy)
  writeFileSync(join(dist, '_headers'), headersFile(headers))
  writeFileSync(join(dist, 'headers.caddy'), caddySnippet(headers))
}

/** By name, as runbooks are listed: a `/` would come after a `-`. */
const byFolder = (a: string, b: string) => (dirname(a) < dirname(b) ? -1 : 1)

/** The plan first, then what belongs to it, then the runbooks. */
function planAndRunbooks(dist: string): { path: string; html: string }[] {
  const files = ['recovery/index.html', 'recovery/*/index.html', 'runbooks/*/index.html'].flatMap((pattern) =>
    globSync(pattern, { cwd: dist }).sort(byFolder),
  )
  return files.map((file) => ({
    path: `/${file.replace(/index\.html$/, '')}`,
    html: readFileSync(join(dist, file), 'utf8'),
  }))
}
