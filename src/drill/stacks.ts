/** Stacks that plays share, one after the other: a play that left its stack as it must be hands it on. */
import { type OwnStack, startStack } from './stack.ts'
import type { Own, System } from './types.ts'

/** Stacks of one kind can stand in for each other. */
export interface Kind {
  /** The checkout that starts it. */
  root: string
  system: System<object>
  /** What a scenario asks of its stack. */
  before?: Own['before']
}

export interface Stacks extends AsyncDisposable {
  /**
   * Does the work on a stack of that kind: one that is free, else a new one. A stack is used again only if the work
   * says that it is `whole`; what throws leaves none.
   */
  use<T>(kind: Kind, work: (stack: OwnStack) => Promise<{ result: T; whole: boolean }>): Promise<T>
}

export function shareStacks(start = startStack): Stacks {
  const free: (Kind & { stack: OwnStack })[] = []
  return {
    async use({ root, system, before }, work) {
      const index = free.findIndex(
        (each) => each.root === root && each.system === system && each.before === before,
      )
      const [kept] = index === -1 ? [] : free.splice(index, 1)
      const stack = kept?.stack ?? (await start(root, system, before && { before }))
      let whole = false
      try {
        const done = await work(stack)
        whole = done.whole
        return done.result
      } finally {
        if (whole) free.push({ root, system, before, stack })
        else await stack.remove()
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(free.splice(0).map(({ stack }) => stack.remove()))
    },
  }
}
