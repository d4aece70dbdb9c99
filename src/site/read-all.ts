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
  const names = await listRunbooks(root)
  const documents = await Promise.all(names.map((name) => readRunbook(root, name, { commands: false })))
  const commands = documents.flatMap(({ items }) => [...stepsOf(items)].map(({ command }) => command))
  // Which one, and where, is told by reading it alone.
  if (!(await areOneEach(commands))) for (const name of names) await readRunbook(root, name)
  return documents
}

/** So many are well within what the parser can hold. */
const atOnce = 500

/** Whether each is one command for a shell. */
export async function areOneEach(commands: readonly Command[]): Promise<boolean> {
  const found = new Error('One is not.')
  const report = () => {
    throw found
  }
  try {
    for (let from = 0; from < commands.length; from += atOnce) {
      const some = commands.slice(from, from + atOnce)
      await checkGrammar({ ...startReading('', '', new Map()), commands: some, report })
    }
  } catch (error) {
    if (error === found) return false
    throw error
  }
  return true
}
