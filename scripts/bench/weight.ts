/** What a built page makes its reader fetch at once, compressed as it is sent. What is fetched on demand does not count. */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

/** In bytes. */
export interface Weight {
  html: number
  scripts: number
  styles: number
}

export function weigh(dist: string, page: string): Weight {
  const html = readFileSync(join(dist, page, 'index.html'), 'utf8')
  const all = (pattern: RegExp) => [...html.matchAll(pattern)].flatMap(([, found]) => found ?? [])
  const scripts = all(/<script[^>]* src="(\/[^"]+)"/g).map((path) => join(dist, path))
  const styles = all(/<link rel="stylesheet" href="(\/[^"]+)"/g).map((path) => join(dist, path))
  const sent = [...withImports(scripts)].map((file) => readFileSync(file))
  return {
    html: sizeOf([html]),
    scripts: sizeOf([...sent, all(/<script(?![^>]* src=)[^>]*>(.*?)<\/script>/gs).join('\n')]),
    styles: sizeOf([
      ...[...new Set(styles)].map((file) => readFileSync(file)),
      all(/<style[^>]*>(.*?)<\/style>/gs).join('\n'),
    ]),
  }
}

function sizeOf(files: (string | Buffer)[]): number {
  return files.reduce((sum, file) => sum + gzipSync(file).length, 0)
}

/** With what modules import, but not what they import later: `import('…')`. */
function withImports(files: string[], seen = new Set<string>()): Set<string> {
  for (const file of files) {
    if (seen.has(file)) continue
    seen.add(file)
    const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*["'`](\.[^"'`]+)["'`]/g)
    withImports(
      [...imports].map(([, path = '']) => resolve(dirname(file), path)),
      seen,
    )
  }
  return seen
}
