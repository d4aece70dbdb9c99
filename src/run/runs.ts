/** Which runs have a journal on this machine. */
import { readdirSync } from 'node:fs'
import { journalFolder } from './journal.ts'

/** The run ids with a journal on this machine, newest first (an id begins with its time). */
export function listRuns(root: string): string[] {
  let files: string[]
  try {
    files = readdirSync(journalFolder(root))
  } catch {
    return []
  }
  return files
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => file.slice(0, -'.jsonl'.length))
    .sort()
    .reverse()
}
