/**
 * Reads a runbook's source into a Document, without running it. DESIGN §3 says what a runbook may say; everything
 * else is a problem with a place, what was found and what to write instead. So every step can be pasted.
 */
import { parseSync } from 'oxc-parser'
import { docComments } from './doc-comments.ts'
import type { Document, Item } from './document.ts'
import { SourceError } from './errors.ts'
import { checkGrammar } from './grammar.ts'
import { readImport } from './read-import.ts'
import { type IncludeCall, resolveInclude } from './read-include.ts'
import { readItem } from './read-item.ts'
import { type Head, readRunbookCall } from './read-runbook.ts'
import { type Reading, startReading } from './reading.ts'
import { checkUnique, declareIncluded } from './unique.ts'

/** The text of a runbook, and where it stands. */
export interface Source {
  source: string
  /** Path relative to the project. */
  file: string
}

export interface ReadOptions {
  /** Finds the source of an included runbook; undefined if there is none of that name. */
  load?: (name: string) => Promise<Source | undefined> | Source | undefined
  /** False skips the check by sh-syntax, which takes longer to load than all the rest takes. Default: true. */
  commands?: boolean
  /** Names that the stack's environment uses, and why a param cannot have them. */
  reserved?: ReadonlyMap<string, string>
}

/** Reads a source and all that it includes. Throws one SourceError with every problem. */
export async function readSource(source: string, file: string, options: ReadOptions = {}): Promise<Document> {
  return read({ source, file }, options, [])
}

async function read(
  { source, file }: Source,
  options: ReadOptions,
  outer: readonly string[],
): Promise<Document> {
  const reading = startReading(file, source, options.reserved ?? new Map())
  const name = file.replace(/^.*\//, '').replace(/\.ts$/, '')
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name))
    reading.report(0, `the file name \`${name}\``, 'lower case words with hyphens: move-bucket.ts')
  const { program, comments, errors } = parseSync(file, source, {
    lang: 'ts',
    sourceType: 'module',
    preserveParens: false,
  })
  for (const error of errors)
    reading.report(error.labels[0]?.start ?? 0, `a syntax error (${error.message})`, 'TypeScript')
  stop(reading)

  const docs = docComments(reading, comments)
  const [first, second, ...rest] = program.body
  readImport(reading, first, program)
  const [title = '', ...prose] = second ? docs.claim(second).split('\n') : []
  if (second && title === '')
    reading.report(
      second.start,
      '`runbook()` without a doc comment',
      'the title and the purpose above it: /** Restore the database … */',
    )
  const head = readRunbookCall(reading, second)
  const offsets = new Map<Item, number>()
  for (const node of rest) {
    const found = readItem(reading, node, docs.claim(node))
    const item =
      found?.type === 'include-call' ? await include(reading, found, options, [...outer, name]) : found
    if (item) offsets.set(item, node.start)
  }
  const items = [...offsets.keys()]
  if (rest.length === 0)
    reading.report(source.length, 'a runbook without steps', 'at least one: await step(…)')
  docs.reportOrphans()
  checkUnique(reading, items, offsets)
  if (options.commands !== false && reading.problems.length === 0) await checkGrammar(reading)
  stop(reading)
  return { name, file, source, title, prose: prose.join('\n').trim(), ...(head as Head), items }
}

/** An included runbook with its steps, or undefined if it cannot be read; then its problems are among ours. */
async function include(
  reading: Reading,
  call: IncludeCall,
  options: ReadOptions,
  chain: readonly string[],
): Promise<Item | undefined> {
  if (chain.includes(call.name)) {
    reading.report(
      call.at,
      `a circle: ${[...chain, call.name].join(' → ')}`,
      'an include that does not lead back here',
    )
    return undefined
  }
  const found = await options.load?.(call.name)
  if (!found) {
    reading.report(
      call.at,
      `the runbook \`${call.name}\`, which does not exist`,
      'the file name of a runbook without .ts',
    )
    return undefined
  }
  try {
    const included = resolveInclude(reading, call, await read(found, options, chain))
    declareIncluded(reading, call, included)
    return included
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    reading.problems.push(...error.problems)
    return undefined
  }
}

/** Ends the reading if anything was wrong, with everything that was. */
function stop(reading: Reading): void {
  if (reading.problems.length === 0) return
  const own = reading.problems.filter((problem) => problem.file === reading.file)
  const others = reading.problems.filter((problem) => problem.file !== reading.file)
  own.sort((a, b) => a.line - b.line || a.column - b.column)
  throw new SourceError([...own, ...others])
}
