/**
 * One hash over everything a runbook's behaviour depends on. Needs neither Docker nor git, so the site and
 * `pnpm check` can tell whether evidence is about what is in the checkout now.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Document, Include, Item } from '../runbook/document.ts'
import { canonical, sha256 } from './canonical.ts'
import { divided } from './parts.ts'

/** Folders and files that decide what a runbook does, besides its own commands. */
const sources = ['stack', 'src/runbook', 'src/run', 'scripts/enter', 'scripts/leave']

/** Not part of behaviour: documentation, what a build leaves behind, editors' and tools' hidden files. */
const ignored = /(^|\/)(node_modules|dist|\.[^/]*)(\/|$)|\.md$/

/** A program of an image. It counts only for the runbooks that can come to it. */
const program = /^stack\/images\/[^/]+\/bin\/([^/]+)$/

/**
 * What watches the system, and takes no part in it; of files that are about both, their part. It counts only for runbooks
 * that ask it something: whoever tunes an alert has changed no restore.
 */
const watching = /^stack\/images\/monitoring\/|#watching$/
const asked = /\b(prometheus|alertmanager):\d/

/** What is for people only. Titles and questions stay: journal, resume and page anchors go by them. */
const prose = new Set(['prose', 'position', 'source', 'description', 'category', 'file'])

/**
 * The fingerprint of a runbook in the checkout at `root`, as hex. Prose and the place of a command in its file
 * do not change it; a command, a retry, a param, an include, the stack or the language does. Of the images' own programs
 * those count whose names occur in a command, in the rest of the stack, or in a program that counts: one that is only
 * for another runbook changes nothing here. A name that stands in a comment counts, too: rather once too often.
 */
export function fingerprint(root: string, document: Document): string {
  return fingerprinter(root)(document)
}

/** The same for many runbooks of one checkout: its files are read once, when it is first asked. */
export function fingerprinter(root: string): (document: Document) => string {
  let known: Known | undefined
  return (document) => {
    known ??= knownOf(root)
    const commands = JSON.stringify(canonical(behaviour(document)))
    const hashes = reached(commands, known)
      .map(({ file, hash }) => [file, hash] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return sha256(JSON.stringify({ behaviour: commands, files: hashes }))
  }
}

function knownOf(root: string): Known {
  const files = sources.flatMap((source) => filesOf(root, source)).flatMap((file) => read(root, file))
  const { watching = [], program: programs = [], other: others = [] } = Object.groupBy(files, kindOf)
  const watchers = new Set(watching.map(({ name }) => name))
  return { watching, watchers, programs, others, words: new Set(others.flatMap((each) => [...each.words])) }
}

function kindOf({ file, name }: File): 'watching' | 'program' | 'other' {
  if (watching.test(file)) return 'watching'
  return name === '' ? 'other' : 'program'
}

interface File {
  file: string
  /** Of the program that it is; of any other nothing, which nobody is called. */
  name: string
  hash: string
  words: ReadonlySet<string>
  /** Whether it asks Prometheus or Alertmanager something. */
  asks: boolean
}

function read(root: string, file: string): File[] {
  const content = readFileSync(join(root, file))
  const parts = divided[file]?.(content.toString())
  if (!parts) return [known(file, content)]
  return Object.entries(parts).map(([part, text]) => known(`${file}#${part}`, text))
}

function known(file: string, content: string | Buffer): File {
  const text = content.toString()
  const [, name = ''] = program.exec(file) ?? []
  return { file, name, hash: sha256(content), words: words(text), asks: asked.test(text) }
}

interface Known {
  programs: File[]
  watching: File[]
  /** The names of their programs. */
  watchers: ReadonlySet<string>
  /** All others, and what they name. */
  others: File[]
  words: ReadonlySet<string>
}

/** All files but the programs that neither the commands nor another file that counts names. */
function reached(commands: string, { programs, watching, watchers, others, words: named }: Known): File[] {
  const counted = [...others]
  let left = programs
  const said = words(commands)
  let fresh: ReadonlySet<string>[] = [named, said]
  let asks = asked.test(commands) || [...said].some((word) => watchers.has(word))
  for (;;) {
    const found = left.filter(({ name }) => fresh.some((some) => some.has(name)))
    if (found.length === 0) return asks ? [...counted, ...watching] : counted
    counted.push(...found)
    left = left.filter((each) => !found.includes(each))
    fresh = found.map((each) => each.words)
    asks ||= found.some((each) => each.asks)
  }
}

/** Whatever could be the name of a program. */
function words(text: string): Set<string> {
  return new Set(text.match(/[\w.-]+/g) ?? [])
}

/** The part of a Document that decides what happens, without the runbook's own title. */
export function behaviour(document: Document): unknown {
  const { title: _, items, ...rest } = document
  return withoutProse({ ...rest, items: items.map(withoutIncludedTitle) })
}

function withoutIncludedTitle(item: Item): Item | Omit<Include, 'title'> {
  if (item.type !== 'include') return item
  const { title: _, ...rest } = item
  return { ...rest, items: rest.items.map(withoutIncludedTitle) as Item[] }
}

function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([key]) => !prose.has(key))
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutProse(entry)]))
}

function filesOf(root: string, path: string): string[] {
  let entries: import('node:fs').Dirent[]
  try {
    entries = readdirSync(join(root, path), { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return [path]
    if (code === 'ENOENT') return []
    throw error
  }
  return entries
    .map((entry) => ({ entry, child: `${path}/${entry.name}` }))
    .filter(({ child }) => !ignored.test(child))
    .flatMap(({ entry, child }) =>
      entry.isDirectory() ? filesOf(root, child) : entry.isFile() ? [child] : [],
    )
}
