import type { Command, Position } from './document.ts'
import type { SourceProblem } from './errors.ts'

/** What a name stands for. */
export type NameKind = 'param' | 'secret' | 'value' | 'loop variable'

/** One source while it is read: where it stands, what was found wrong, and the names seen so far. */
export interface Reading {
  readonly file: string
  readonly source: string
  readonly problems: SourceProblem[]
  /** Names that may be used from here on. */
  readonly names: Map<string, Name>
  /** Names that were declared anywhere above, whether they may still be used or not. */
  readonly declared: Set<string>
  /** Every command, for the check of its grammar. */
  readonly commands: Command[]
  /** Names that the stack's environment uses, and why they may not be used here. */
  readonly reserved: ReadonlyMap<string, string>
  /** Notes a problem at an offset into the source. */
  report(offset: number, found: string, expected: string): void
  position(offset: number): Position
}

/** A name in scope. */
export interface Name {
  kind: NameKind
  /** The values a `choice` can have: a comparison with another one could never be true. */
  choices?: readonly string[]
}

/** Anything of the syntax tree: all that is needed of it is where it stands. */
export interface Span {
  start: number
  end: number
}

export function startReading(file: string, source: string, reserved: ReadonlyMap<string, string>): Reading {
  const starts = [
    0,
    ...Array.from(source.matchAll(/\r\n|[\n\r\u2028\u2029]/g), (end) => end.index + end[0].length),
  ]
  const lineOf = (offset: number) => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
  const position = (offset: number): Position => {
    const line = lineOf(offset)
    return { file, line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
  const problems: SourceProblem[] = []
  return {
    file,
    source,
    problems,
    names: new Map(),
    declared: new Set(),
    commands: [],
    reserved,
    position,
    report(offset, found, expected) {
      const place = position(offset)
      const text = source
        .slice(starts[place.line - 1], starts[place.line])
        .replace(/[\n\r\u2028\u2029]+$/, '')
      problems.push({ ...place, found, expected, text })
    },
  }
}

/** The source of a node, short enough for a message. */
export function excerpt(reading: Reading, node: Span): string {
  const text = reading.source.slice(node.start, node.end).replace(/\s+/g, ' ')
  return `\`${text.length > 50 ? `${text.slice(0, 50)}…` : text}\``
}
