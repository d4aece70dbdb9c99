/**
 * `pnpm diagrams` draws what is out of date; `pnpm diagrams --check` only says so, and needs no browser.
 *
 * Sources: `docs/diagrams/*.mmd`, and `topology`, which is made from the compose file. A picture is committed beside
 * its source, with a hash of what it was drawn from in its first line.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readCompose } from '../src/site/compose.ts'
import { draw, mermaidVersion } from '../src/site/diagrams/draw.ts'
import { topology } from '../src/site/diagrams/topology.ts'

const folder = 'docs/diagrams'

export interface Diagram {
  name: string
  source: string
  file: string
  hash: string
}

export function diagrams(root: string): Diagram[] {
  const written = readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.mmd'))
    .map((file) => ({ name: basename(file, '.mmd'), source: readFileSync(join(root, folder, file), 'utf8') }))
  const compose = readCompose(readFileSync(join(root, 'stack/compose.yaml'), 'utf8'))
  const drawing = readFileSync(new URL('../src/site/diagrams/draw.ts', import.meta.url))
  return [...written, { name: 'topology', source: topology(compose) }].map(({ name, source }) => ({
    name,
    source,
    file: `${folder}/${name}.svg`,
    hash: createHash('sha256').update(source).update(mermaidVersion()).update(drawing).digest('hex'),
  }))
}

export function outdated(root: string): Diagram[] {
  return diagrams(root).filter(({ file, hash }) => {
    const path = join(root, file)
    return !existsSync(path) || !readFileSync(path, 'utf8').startsWith(`<!-- drawn from ${hash} -->`)
  })
}

if (import.meta.main) {
  const left = outdated(process.cwd())
  if (process.argv.includes('--check')) {
    for (const { file } of left) console.error(`${file} is out of date. Draw it:  pnpm diagrams`)
    process.exitCode = left.length > 0 ? 1 : 0
  } else {
    const drawn = left.length > 0 ? await draw(left) : new Map<string, string>()
    for (const { name, file, hash } of left) {
      writeFileSync(file, `<!-- drawn from ${hash} -->\n${drawn.get(name)}\n`)
      console.log(`drawn: ${file}`)
    }
    if (left.length === 0) console.log('Every diagram is up to date.')
  }
}
