import type { Position } from './document.ts'

/** One thing in a source that the language does not allow. */
export interface SourceProblem extends Position {
  /** What stands there: ``two commands, joined by `&&` ``. */
  found: string
  /** What to write instead: `two commands, one below the other`. */
  expected: string
  /** The offending line of the source. */
  text: string
}

/** Everything that is wrong with a runbook's source, in the order of the source. */
export class SourceError extends Error {
  override name = 'SourceError'
  readonly problems: readonly SourceProblem[]

  constructor(problems: readonly SourceProblem[]) {
    super(problems.map(describe).join('\n\n'))
    this.problems = problems
  }
}

/** A problem as it is printed: place, what was found, the line with a caret, and what to write instead. */
function describe(problem: SourceProblem): string {
  const number = String(problem.line)
  const { line, column } = clip(problem.text, problem.column - 1)
  return [
    `${problem.file}:${problem.line}:${problem.column}  found ${problem.found}`,
    `  ${number} | ${line}`,
    `  ${' '.repeat(number.length)} | ${' '.repeat(column)}^`,
    `  write ${problem.expected}`,
  ].join('\n')
}

const WIDTH = 100

/** The part of a long line around the column, with nothing in it that moves the caret or the cursor. */
function clip(text: string, column: number): { line: string; column: number } {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => ' '.repeat(char.length))
  if (visible.length <= WIDTH) return { line: visible, column }
  const from = Math.max(0, Math.min(column - WIDTH / 2, visible.length - WIDTH))
  const head = from > 0 ? '…' : ''
  const tail = from + WIDTH < visible.length ? '…' : ''
  return { line: head + visible.slice(from, from + WIDTH) + tail, column: column - from + head.length }
}
