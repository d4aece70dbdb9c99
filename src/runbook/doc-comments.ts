import type { Comment } from 'oxc-parser'
import type { Reading, Span } from './reading.ts'

/** The doc comments of a source, each of which must be claimed by the statement that begins on the next line. */
export interface DocComments {
  /** The text of the doc comment above a statement, or `''`. */
  claim(statement: Span): string
  /** Reports those that belong to no statement: the page would lose them. */
  reportOrphans(): void
}

export function docComments(reading: Reading, comments: readonly Comment[]): DocComments {
  const waiting = new Map(
    comments
      .filter((comment) => comment.type === 'Block' && comment.value.startsWith('*'))
      .map((comment) => [reading.position(comment.end).line, comment]),
  )
  return {
    claim(statement) {
      const line = reading.position(statement.start).line - 1
      const comment = waiting.get(line)
      if (!comment || comment.end > statement.start) return ''
      waiting.delete(line)
      return textOf(comment.value)
    },
    reportOrphans() {
      for (const comment of waiting.values()) {
        reading.report(
          comment.start,
          'a doc comment that belongs to nothing',
          'it directly above a step, or as a plain comment: // …',
        )
      }
    },
  }
}

/** A doc comment's text without the stars at the beginning of its lines. */
function textOf(value: string): string {
  return value
    .slice(1)
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .replace(/^ +/, '')
    .trim()
}
