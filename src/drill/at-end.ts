/**
 * What a drill starts beside its stacks: taken away after them, when the drill ends or its process does. A worker of Vitest
 * is not left the time for that when its process ends.
 */
const removals = new Set<() => void>()

/** Has `remove` called once, at the end. Nothing waits for it: it must be done when it returns. */
export function atEnd(remove: () => void): void {
  removals.add(remove)
}

/** Does what was asked for, in that order. */
export function end(): void {
  const asked = [...removals]
  removals.clear()
  for (const remove of asked) remove()
}
