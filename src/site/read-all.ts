/** Every runbook of a checkout, for its pages. */
import type { Command, Document } from '../runbook/document.ts'
import { checkGrammar } from '../runbook/grammar.ts'
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { startReading } from '../runbook/reading.ts'
import { stepsOf } from './addressed.ts'

/**
 * All of them, in alphabetical order. The parser of shell, which starts anew for each text, gets the commands of all
 * together. Rejects with what reading rejects with, for the first that cannot be read.
 */
export async function readAll(root: string): Promise<Document[]> {
  const documents = await readUnchecked(root)
  const commands = documents.flatMap(({ items }) => [...stepsOf(items)].map(({ command }) => command))
  // Which one, and where, is told by reading it alone.
  if (!(await areOneEach(commands))) for (const { name } of documents) await readRunbook(root, name)
  return documents
}

/** The same without the check of their grammar: the loader of their pages has it made. */
export async function readUnchecked(root: string): Promise<Document[]> {
  const names = await listRunbooks(root)
  return Promise.all(names.map((name) => readRunbook(root, name, { commands: false })))
}

/** So many are well within what the parser can hold. */
const atOnce = 500

/** Whether each is one command for a shell. */
export async function areOneEach(commands: readonly Command[]): Promise<boolean> {
  for (let from = 0; from < commands.length; from += atOnce) {
    const reading = { ...startReading('', '', new Map()), commands: commands.slice(from, from + atOnce) }
    await checkGrammar(reading)
    if (reading.problems.length > 0) return false
  }
  return true
}
