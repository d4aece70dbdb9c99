/** What a host of the handbook must add to its answers. Pure. */
import { createHash } from 'node:crypto'

/**
 * The content policy. Scripts: the site’s own files, and those in its pages by their hash; search is WebAssembly. Styles
 * in a page must be allowed: the colours of code stand in attributes.
 */
export function contentPolicy(scriptHashes: readonly string[]): string {
  return [
    "default-src 'self'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...scriptHashes.map((hash) => `'${hash}'`)].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

export function securityHeaders(policy: string): Record<string, string> {
  return {
    // Not part of the policy in the pages: there browsers ignore it.
    'Content-Security-Policy': `${policy}; frame-ancestors 'none'`,
    'Strict-Transport-Security': 'max-age=31536000',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Cross-Origin-Opener-Policy': 'same-origin',
  }
}

/** The scripts that stand in pages, as a policy names them; sorted, each once. */
export function scriptHashes(pages: Iterable<string>): string[] {
  const hashes = new Set<string>()
  for (const page of pages)
    for (const [, text = ''] of page.matchAll(/<script(?![^>]* src=)[^>]*>(.*?)<\/script>/gs))
      hashes.add(`sha256-${createHash('sha256').update(text).digest('base64')}`)
  return [...hashes].sort()
}

/** Into a page, for hosts that cannot be told any headers. */
export function withPolicy(page: string, policy: string): string {
  if (!page.includes('<head>')) throw new Error(`There is no <head> for the policy in: ${page.slice(0, 80)}`)
  return page.replace('<head>', `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`)
}

/** As Netlify, Cloudflare Pages and others read it: `_headers`. Names in `_astro` change with what is in the file. */
export function headersFile(headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`)
  return `/*\n${lines.join('')}\n/_astro/*\n  Cache-Control: public, max-age=31536000, immutable\n`
}

/** To be imported in a site of a Caddyfile. */
export function caddySnippet(headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `\t${name} ${JSON.stringify(value)}\n`)
  return `header {\n${lines.join('')}\t-Server\n}\nheader /_astro/* Cache-Control "public, max-age=31536000, immutable"\n`
}
