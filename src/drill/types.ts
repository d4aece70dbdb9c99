/**
 * What a drill says. `src/drill` knows how to prove a runbook; a `System` knows one stack: how to reach its
 * database, its objects, its application. A drill file brings the two together.
 */
import type { Comparison, Ledger, LedgerStore } from './ledger.ts'

export type Rendition = 'script' | 'bash' | 'zsh'

/** A stack that is up, and how to give it commands. */
export interface Stack {
  /** The checkout. */
  root: string
  /** Name of its environment file: `sandbox`, `drill-4f2a`. */
  name: string
  /** The entries of its environment file. */
  entries: Record<string, string>
  /** Runs `docker compose ARGS` as a runbook's command would; resolves to its output. Rejects if it fails. */
  compose(args: readonly string[], options?: { input?: string }): Promise<string>
  /** The environment that such a command gets. */
  env: Record<string, string>
}

/** Name → hash of content. */
export type Digest = Record<string, string>

/** What is specific to one stack. `Tools` is what its scenarios work with: `sql`, `http`, … */
export interface System<Tools extends object> {
  /** The compose file, relative to the project: the one that production runs. */
  compose: string
  /** The environment that a drill's own is derived from, and the entries in which it differs. */
  environment: { from: string; entries(port: () => Promise<number>): Promise<Record<string, string>> }
  /** Demo data, first backup: everything until a disaster may come. Also called for a sandbox that is up. */
  prepare(stack: Stack): Promise<void>
  tools(stack: Stack): Promise<Tools & { close(): Promise<void> }>
  ledger(stack: Stack): LedgerStore
  /** True if users are served: the application answers from the database. May reject with the reason why not. Called every 100 ms. */
  serving(stack: Stack): Promise<boolean>
  /** The system's own clock, as a moment that a runbook takes. */
  now(stack: Stack): Promise<string>
  /** Each table that nobody writes to during a drill, with a hash over its rows. */
  tables(stack: Stack): Promise<Digest>
  /** Each object with the hash of its bytes. */
  objects(stack: Stack): Promise<Digest>
  databaseBytes(stack: Stack): Promise<number>
  /** What is running: `{ postgres: '17.6', … }`. */
  versions(stack: Stack): Promise<Record<string, string>>
  /**
   * What another runbook must find as it was at the start, to be played on the same stack: containers, settings, schema,
   * rows, files, flags. Without it every runbook gets a stack of its own.
   */
  state?(stack: Stack): Promise<Digest>
  /** What must be in nothing that a drill leaves, by name: `{ 'db/app-password': '…' }`. */
  secrets?(stack: Stack): Promise<Record<string, string>>
}

/** What a scenario's functions are given, besides the system's tools. */
export interface Scene {
  stack: Stack
  ledger: Ledger
  /** The moment just before the disaster, by the system's clock. Undefined until then. */
  before: string
  /** What an earlier function of the scenario wants a later one to know. */
  notes: Record<string, string>
  /** Plays the runbook as a script, for a scenario that begins after an earlier run. Rejects if that fails. */
  play(params: Record<string, string>): Promise<void>
}

export interface Phase<Tools> {
  /** `59 s after a switch`. */
  name: string
  /** Brings the system to where the disaster then comes. */
  reach(context: Scene & Tools): Promise<void>
}

/** What a scenario or a twin may ask of its stack. */
export interface Own {
  /**
   * Makes something before the stack of that name is started, which Compose then finds: a volume with a limit. It may add
   * entries to `environments/NAME.env` below `root`: another image. Such a stack is shared only by plays that name the same
   * function, and is never the sandbox.
   */
  before?(name: string, root: string): Promise<void>
}

export interface Scenario<Tools> extends Own {
  /** What happened, as a headline: `A table is dropped by mistake`. */
  scenario: string
  /** Runs while the ledger is written and before the moment `before` is taken. */
  prepare?(context: Scene & Tools): Promise<void>
  disaster(context: Scene & Tools): Promise<unknown>
  /** The runbook's params. */
  params?(context: Scene & Tools): Record<string, string>
  /** The moment that the data must be in afterwards. Absent: the newest that can be had. */
  moment?(context: Scene & Tools): string
  /**
   * Whether users have what the disaster took, where the system as a whole goes on serving. Called every
   * 100 ms. Default: the system's own.
   */
  serving?(context: Scene & Tools): Promise<boolean>
  /** Several moments at which the disaster may come; the script is played in each, a pasted shell in the first. */
  phases?: Phase<Tools>[]
  /** What the runbook must achieve, in seconds. */
  limits?: { rto?: number; rpo?: number }
  /** What is special about the outcome; rows, tables, objects and application are compared in any case. */
  verify?(context: Scene & Tools & { rows: Comparison }): Promise<void>
  /**
   * What a run that was killed on the way does not owe: it was quick, it did nothing twice. Throws if it was not so: an
   * `Outlier` where a busy machine may be why.
   */
  atOnce?(context: Scene & Tools): Promise<void>
  /** The tables must be as they were before the disaster. Default true. */
  sameTables?: boolean
  /** Objects that users add after the moment, and that must not be taken for a difference. `verify` checks them. */
  newObjects?: string[]
  /** Nothing can be played any more on the stack that it leaves, although it passed. */
  spent?: boolean
  /** Mutants of the runbook are tried with this scenario. */
  mutants?: boolean
  /**
   * Whether a test run plays it: `always`, in every rendition; `never`, since it measures what only a machine can give
   * that does nothing else. Of those without it a test run draws one play. A whole drill plays everything.
   */
  sample?: 'always' | 'never'
}

/** The same with something broken: the runbook must stop with a clear error and lose nothing. */
export interface Twin<Tools> extends Own {
  twin: string
  break(context: Scene & Tools): Promise<unknown>
  /** Puts right what `break` broke, so that the state can be compared. Not the runbook's work. */
  mend?(context: Scene & Tools): Promise<unknown>
  params?(context: Scene & Tools): Record<string, string>
  /** What the operator must be told. */
  message: RegExp
  /** Mutants of the runbook that no scenario has caught are tried with this twin. */
  mutants?: boolean
}

/** A command of the runbook that may be missing without any scenario noticing, and why. */
export interface Survivor {
  /** A part of the command as it stands in the source. */
  command: string
  why: string
  /** True for the command of an undo. Default: false. */
  undo?: boolean
}

/** Everything a drill file has registered. */
export interface Drill<Tools extends object = object> {
  runbook: string
  system: System<Tools>
  scenarios: Scenario<Tools>[]
  twins: Twin<Tools>[]
  survivors: Survivor[]
}
