/** Every runbook of a checkout, for its pages. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Command, Document } from '../runbook/document.ts'
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { stepsOf } from './addressed.ts'

export interface Library {
  /** In alphabetical order. */
  documents: Document[]
  /**
   * Whether every command is one for a shell: it takes longer than all the rest, and is found out meanwhile. Rejects with what
   * reading rejects with, for the first runbook that cannot be read.
   */
  checked: Promise<void>
}

/** All of them. The parser of shell, which starts anew for each text, gets the commands of all together. */
export async function readAll(root: string): Promise<Library> {
  const documents = await readUnchecked(root)
  const commands = documents.flatMap(({ items }) => [...stepsOf(items)].map(({ command }) => command))
  const checked = areOneEach(commands).then(async (fine) => {
    // Which one, and where, is told by reading it alone.
    if (!fine) for (const { name } of documents) await readRunbook(root, name)
  })
  // Whoever waits for it hears of it, also if he has something else to do before.
  checked.catch(() => {})
  return { documents, checked }
}

/** The same without the check of their grammar: the loader of their pages has it made. */
export async function readUnchecked(root: string): Promise<Document[]> {
  const names = await listRunbooks(root)
  return Promise.all(names.map((name) => readRunbook(root, name, { commands: false })))
}

/** Whether each is one command for a shell. */
export async function areOneEach(commands: readonly Command[]): Promise<boolean> {
  const worker = new Worker(new URL('./grammar-worker.ts', import.meta.url), { workerData: commands })
  const [fine] = await once(worker, 'message')
  return fine
}
