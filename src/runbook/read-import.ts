import type { Statement as Node, Program } from 'oxc-parser'
import { excerpt, type Reading } from './reading.ts'

/** Everything a runbook may import. */
export const WORDS = [
  '$',
  'choice',
  'confirm',
  'fail',
  'flag',
  'include',
  'integer',
  'moment',
  'ok',
  'retry',
  'runbook',
  'secret',
  'step',
  'text',
]

/**
 * Checks the import, and that every word of the language that is used stands in it: a word that does not would stop
 * the runbook only when it is reached.
 */
export function readImport(reading: Reading, node: Node | undefined, program: Program): void {
  const imported = importedWords(reading, node)
  const missing = [...usedWords(program)].filter(([word]) => WORDS.includes(word) && !imported.includes(word))
  if (!node || missing.length === 0) return
  const all = [...new Set([...imported, ...missing.map(([word]) => word)])].sort().join(', ')
  for (const [word, offset] of missing) {
    reading.report(offset, `\`${word}\`, which is not imported`, `import { ${all} } from '#runbook'`)
  }
}

function importedWords(reading: Reading, node: Node | undefined): string[] {
  const usage = "import { $, runbook, step } from '#runbook' as the first statement"
  if (node?.type !== 'ImportDeclaration' || node.source.value !== '#runbook' || node.importKind === 'type') {
    reading.report(node?.start ?? 0, node ? excerpt(reading, node) : 'an empty file', usage)
    return WORDS
  }
  return node.specifiers.flatMap((specifier) => {
    const plain =
      specifier.type === 'ImportSpecifier' &&
      specifier.importKind !== 'type' &&
      specifier.imported.type === 'Identifier'
    const name = plain && specifier.imported.type === 'Identifier' ? specifier.imported.name : ''
    if (plain && name === specifier.local.name && WORDS.includes(name)) return [name]
    reading.report(
      specifier.start,
      excerpt(reading, specifier),
      `words of the language, by their own names: ${WORDS.join(', ')}`,
    )
    return []
  })
}

/** The functions that are called, and where each is first. */
function usedWords(program: Program): Map<string, number> {
  const used = new Map<string, number>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, callee, tag } = node as { type?: string; callee?: unknown; tag?: unknown }
    const word = (type === 'CallExpression' ? callee : tag) as
      | { type?: string; name?: string; start: number }
      | undefined
    if (word?.type === 'Identifier' && word.name && !used.has(word.name)) used.set(word.name, word.start)
    for (const child of Object.values(node)) visit(child)
  }
  visit(program.body)
  return used
}
