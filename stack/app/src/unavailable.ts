export type Dependency = 'database' | 'cache' | 'store'

/** A dependency did not answer, or not in time. What it was asked to do may have happened. */
export class Unavailable extends Error {
  readonly dependency: Dependency

  constructor(dependency: Dependency, cause: unknown) {
    super(
      `The ${dependency} is not available: ${cause instanceof Error ? cause.message || cause.name : cause}`,
      { cause },
    )
    this.dependency = dependency
  }
}
