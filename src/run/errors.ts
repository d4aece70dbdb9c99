/** What can stop a run, each with its exit code. A hint is one line that says what to do about it. */

/** 0 done, 1 a step failed, 2 usage, 3 refused, 130 interrupted. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, interrupted: 130 } as const

export class RunError extends Error {
  readonly exit: number
  readonly hints: readonly string[]

  constructor(exit: number, message: string, { hints = [] }: { hints?: readonly string[] } = {}) {
    super(message)
    this.exit = exit
    this.hints = hints
  }
}

/** The call is wrong: an unknown runbook, environment, option or value. Nothing was changed. */
export class UsageError extends RunError {
  constructor(message: string, options?: { hints?: readonly string[] }) {
    super(EXIT.usage, message, options)
  }
}

/** The call is right and must not be done: lock, wrong target, no consent. Nothing was changed. */
export class Refusal extends RunError {
  constructor(message: string, options?: { hints?: readonly string[] }) {
    super(EXIT.refused, message, options)
  }
}

/** A step or its surroundings failed. */
export class Failure extends RunError {
  constructor(message: string, options?: { hints?: readonly string[] }) {
    super(EXIT.failed, message, options)
  }
}

/** The operator stopped the run. */
export class Interrupted extends RunError {
  constructor(signal: string) {
    super(EXIT.interrupted, `Interrupted by ${signal}.`)
  }
}
