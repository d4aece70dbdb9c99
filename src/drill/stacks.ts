/** Stacks that plays share, one after the other: a play that left its stack as it must be hands it on. */
import { type Handover, removeFree } from './handover.ts'
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

/** With a `handover`, what is left at the end goes to whoever comes next, and a stack that was left is taken first. */
export function shareStacks(start = startStack, handover?: Handover): Stacks {
  const free: (Kind & { stack: OwnStack })[] = []
  async function startNew({ root, system, before }: Kind): Promise<OwnStack> {
    // One that is of no use here would only be a burden.
    if (handover) await removeFree(root, handover)
    const stack = await start(root, system, before && { before })
    if (!before) await handover?.started(stack, system)
    return stack
  }
  return {
    async use(kind, work) {
      const { root, system, before } = kind
      const index = free.findIndex(
        (each) => each.root === root && each.system === system && each.before === before,
      )
      const [kept] = index === -1 ? [] : free.splice(index, 1)
      const stack = kept?.stack ?? (before ? undefined : handover?.take(root)) ?? (await startNew(kind))
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
      const leave = ({ stack, system, before }: Kind & { stack: OwnStack }) =>
        handover && !before ? handover.leave(stack, system) : stack.remove()
      await Promise.all(free.splice(0).map(leave))
    },
  }
}
