/** Stacks that plays share, one after the other: a play that left its stack as it must be hands it on. */
import { type OwnStack, startStack } from './stack.ts'
import type { System } from './types.ts'

export interface Stacks extends AsyncDisposable {
  /**
   * Does the work on a stack of that system, started by the checkout at `root`: one that is free, else a new one.
   * A stack is used again only if the work says that it is `whole`; what throws leaves none.
   */
  use<T>(
    root: string,
    system: System<object>,
    work: (stack: OwnStack) => Promise<{ result: T; whole: boolean }>,
  ): Promise<T>
}

export function shareStacks(): Stacks {
  const free: { root: string; system: System<object>; stack: OwnStack }[] = []
  return {
    async use(root, system, work) {
      const index = free.findIndex((each) => each.root === root && each.system === system)
      const [kept] = index === -1 ? [] : free.splice(index, 1)
      const stack = kept?.stack ?? (await startStack(root, system))
      let whole = false
      try {
        const done = await work(stack)
        whole = done.whole
        return done.result
      } finally {
        if (whole) free.push({ root, system, stack })
        else await stack.remove()
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(free.splice(0).map(({ stack }) => stack.remove()))
    },
  }
}
