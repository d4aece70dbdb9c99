/** The language's constructs, shown by runbooks that tests play in every rendition. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Document, Item, Statement, Step } from '../runbook/document.ts'
import { SourceError } from '../runbook/errors.ts'
import { readSource } from '../runbook/read.ts'
import { blocks } from '../runbook/shell.ts'

/** One item of a runbook: as it is written, and as it is pasted. */
export interface Construct {
  /** `commands/a-pipeline`; for the head of a runbook, `commands/runbook`. */
  id: string
  script: string
  /** Absent where nothing is pasted. */
  shell?: string
  undo?: string
  /** What it shows: `retry`, `if set`, `value`, … */
  kinds: string[]
}

/**
 * The construct of that id, from the runbooks in a folder of the checkout. Rejects if there is none; with what reading rejects
 * with, if the runbook cannot be read.
 */
export async function constructAt(root: string, folder: string, id: string): Promise<Construct> {
  const load = (name: string) => {
    const file = `${folder}/${name}.ts`
    const path = join(root, file)
    return existsSync(path) ? { file, source: readFileSync(path, 'utf8') } : undefined
  }
  const { file, source } = load(id.replace(/\/.*/, '')) ?? {}
  // Whether each command is one for a shell is for the tests that play them.
  const all = file && source ? constructsOf(await readSource(source, file, { load, commands: false })) : []
  const found = all.find((construct) => construct.id === id)
  if (!found) throw new Error(`there is no construct ${id}. Its runbook has no such step.`)
  return found
}

/** Every item of a runbook, and its head with the block that enters. */
export function constructsOf(document: Document): Construct[] {
  const all = blocks(document)
  const text = (kind: string, slug?: string) =>
    all.find((block) => block.kind === kind && block.step === slug)?.text
  const head: Construct = {
    id: `${document.name}/runbook`,
    script: paragraphAt(
      document.source,
      document.source.split('\n').findIndex((line) => /\brunbook\(/.test(line)),
    ),
    shell: text('enter') ?? '',
    kinds: document.params.map(({ kind }) => `param ${kind}`),
  }
  const items = document.items.map((item): Construct => {
    const slug = item.type === 'include' ? item.name : item.slug
    const shell = item.type === 'step' ? text('step', slug) : undefined
    const undo = item.type === 'step' ? text('undo', slug) : undefined
    return {
      id: `${document.name}/${slug}`,
      script: paragraphAt(document.source, item.position.line - 1),
      ...(shell !== undefined && { shell }),
      ...(undo !== undefined && { undo }),
      kinds: kindsOf(item),
    }
  })
  return [head, ...items]
}

/** The lines around line `index` (from 0) up to the next empty ones. */
function paragraphAt(source: string, index: number): string {
  const lines = source.split('\n')
  const empty = (at: number) => (lines[at] ?? '').trim() === ''
  let [from, to] = [index, index]
  while (!empty(from - 1)) from--
  while (!empty(to + 1)) to++
  return lines.slice(from, to + 1).join('\n')
}

function kindsOf(item: Item): string[] {
  if (item.type !== 'step') return [item.type]
  const { value, unless, undo, body }: Step = item
  const options = [value && 'value', unless && 'unless', undo && 'undo'].filter(
    (kind) => typeof kind === 'string',
  )
  return [...new Set(['step', ...options, ...[...body, ...(undo ?? [])].flatMap(statementKinds)])]
}

function statementKinds(statement: Statement): string[] {
  switch (statement.type) {
    case 'if': {
      const { condition, then, otherwise } = statement
      const negated = condition.negated ? ['if not'] : []
      return [`if ${condition.test.type}`, ...negated, ...[...then, ...otherwise].flatMap(statementKinds)]
    }
    case 'for':
      return ['for', ...statement.body.flatMap(statementKinds)]
    default:
      return [statement.type]
  }
}

/** What the reader says to a command that it refuses; undefined if it does not. */
export async function refusal(command: string): Promise<{ found: string; expected: string } | undefined> {
  const source = [
    "import { $, runbook, step, text } from '#runbook'\n",
    '/** A runbook */',
    "const { NAME } = runbook({ params: { NAME: text('A name.', '') } })\n",
    `await step('A step', () => $\`${command}\`)`,
  ].join('\n')
  try {
    await readSource(source, 'runbooks/example.ts')
    return undefined
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    const [first] = error.problems
    return first && { found: first.found, expected: first.expected }
  }
}
