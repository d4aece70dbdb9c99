/** Reading journals back: for resume, undo, history and reports. Loads zod, which takes a while. */
import { readFileSync } from 'node:fs'
import { UsageError } from './errors.ts'
import { journalFile } from './journal.ts'
import { type Event, event } from './journal-schema.ts'

export function readJournal(root: string, run: string): Event[] {
  const file = journalFile(root, run)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new UsageError(`There is no journal of the run “${run}” here.`, {
      hints: ['pnpm runbook history   lists the runs'],
    })
  }
  return parseJournal(text, file)
}

/** The acknowledged lines of a run's local journal; none if there is no such file. */
export function readLines(root: string, run: string): string[] {
  try {
    return readFileSync(journalFile(root, run), 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}

/**
 * The events of a journal. What follows the last newline was never acknowledged and is left out: a crash in
 * mid-write leaves a torn line. Anything else that is not an event is an error that names the line.
 */
export function parseJournal(text: string, file: string): Event[] {
  const lines = text.split('\n')
  lines.pop()
  return lines.map((line, index) => {
    const parsed = event.safeParse(parse(line))
    if (parsed.success) return parsed.data
    throw new UsageError(`${file}:${index + 1} is not an event of a run.`, {
      hints: [
        `found ${line.slice(0, 70)}`,
        ...parsed.error.issues
          .slice(0, 3)
          .map(({ path, message }) => `${path.join('.') || 'line'}: ${message}`),
      ],
    })
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
