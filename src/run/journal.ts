/**
 * The journal of a run: one JSON object a line, on disk before the next action. The local file comes first; the
 * target's copy, from which a colleague resumes when this machine is gone, is another sink.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from './errors.ts'
import type { Event } from './journal-schema.ts'

/** Where a line goes. `append` resolves when the line will survive a crash. */
export interface Sink {
  append(line: string): Promise<void>
  close(): Promise<void>
}

/** Without `v` and `at`, which are the same for all. */
export type NewEvent = Event extends infer E ? (E extends Event ? Omit<E, 'v' | 'at'> : never) : never

export function stamp(event: NewEvent): Event {
  return { v: 1, at: new Date().toISOString(), ...event } as Event
}

/** Folder of the local journals. */
export function journalFolder(root: string): string {
  return join(root, '.drillbook', 'runs')
}

export function journalFile(root: string, run: string): string {
  return join(journalFolder(root), `${run}.jsonl`)
}

/**
 * Opens a local journal for appending. A torn last line, which a crash in mid-write leaves, was never
 * acknowledged: it is cut off, or the next line would be glued to it.
 */
export function openLocalJournal(file: string): Sink {
  mkdirSync(dirname(file), { recursive: true })
  const handle = openSync(file, 'a', 0o600)
  const found = fstatSync(handle).size
  let size = found === 0 ? 0 : wholeLines(file)
  if (found !== size) ftruncateSync(handle, size)
  if (found === 0) syncFolder(dirname(file))
  return {
    async append(line) {
      const bytes = Buffer.from(`${line}\n`)
      try {
        let written = 0
        while (written < bytes.length) written += writeSync(handle, bytes, written)
        fsyncSync(handle)
      } catch (error) {
        truncate(handle, size)
        throw new Failure(
          `The journal cannot be written (${(error as NodeJS.ErrnoException).code}): ${file}`,
          {
            hints: ['Nothing is run that cannot be recorded. Make room on this disk, then resume.'],
          },
        )
      }
      size += bytes.length
    },
    async close() {
      closeSync(handle)
    },
  }
}

/** A new file's name is on the disk only when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } catch {
    // Some file systems cannot; theirs is the best that they can do.
  } finally {
    closeSync(handle)
  }
}

/** Bytes up to the end of the last whole line. */
function wholeLines(file: string): number {
  return readFileSync(file).lastIndexOf(0x0a) + 1
}

function truncate(handle: number, size: number): void {
  try {
    ftruncateSync(handle, size)
  } catch {
    // The torn line is cut off when the journal is opened again.
  }
}
