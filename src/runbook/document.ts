/**
 * What a runbook says, as data. `read.ts` makes it from the source without running it; the page, `--help`,
 * the plan, the shell rendition and the fingerprint are made from it.
 *
 * Everything here is plain JSON: no functions, no class instances.
 */

/** Where something stands in the source. `line` and `column` count from 1. */
export interface Position {
  file: string
  line: number
  column: number
}

export interface Document {
  /** File name without extension: `restore`. What `pnpm runbook` takes. */
  name: string
  /** Path of the source relative to the project, with `/`. */
  file: string
  source: string
  /** First line of the leading doc comment. */
  title: string
  /** The rest of the leading doc comment, as Markdown. */
  prose: string
  category: string
  /** True if it can lose data or interrupt service: asks for consent on a real environment. */
  destructive: boolean
  objective: Objective
  /** What happens to finished steps when a later one fails. */
  onFailure: 'ask' | 'undo'
  params: Param[]
  /** In the order they are played. Includes are resolved: their items stand inside them. */
  items: Item[]
}

/** Durations as they are written in the source: `30m`, `75s`, `4h`. */
export interface Objective {
  rto?: string
  rpo?: string
}

export interface Param {
  name: string
  kind: 'text' | 'moment' | 'choice' | 'integer' | 'flag' | 'secret'
  /** One sentence for people. */
  description: string
  /** What is used when nothing is given; absent: must be given. */
  default?: string
  /** For `choice`. */
  choices?: string[]
  position: Position
}

export type Item = Step | Confirm | Include

export interface Step {
  type: 'step'
  title: string
  /** The anchor of the step on its page: GitHub's slug of the title, unique in the runbook. */
  slug: string
  /** The doc comment above the step, as Markdown. */
  prose: string
  /** The constant that the step's output is bound to: `const MOMENT = await step(…)`. */
  value?: string
  body: Statement[]
  /** If this command succeeds, the step has already happened. */
  unless?: Command
  /** How to go back. */
  undo?: Statement[]
  /** How long the step may take, as written: `10m`. */
  timeout?: string
  position: Position
}

export interface Confirm {
  type: 'confirm'
  question: string
  slug: string
  prose: string
  position: Position
}

export interface Include {
  type: 'include'
  /** The included runbook. */
  name: string
  /** The included runbook's params, and what each is set to here. */
  params: Record<string, { type: 'literal'; value: string } | { type: 'value'; name: string }>
  /** The included runbook's title and items, resolved. */
  title: string
  items: Item[]
  prose: string
  position: Position
}

export type Statement =
  | { type: 'command'; command: Command }
  | { type: 'retry'; attempts: number; delay: string; command: Command }
  | { type: 'if'; condition: Condition; then: Statement[]; otherwise: Statement[]; position: Position }
  | { type: 'for'; variable: string; values: string[]; body: Statement[]; position: Position }
  | { type: 'fail'; message: string; position: Position }

export interface Condition {
  negated: boolean
  test:
    | { type: 'set'; name: string }
    | { type: 'equals'; name: string; value: string }
    | { type: 'ok'; command: Command }
}

/** One pipeline on one line, as its literal text and the names between. */
export interface Command {
  pieces: Piece[]
  position: Position
}

export type Piece = { type: 'text'; text: string } | { type: 'value'; name: string }
