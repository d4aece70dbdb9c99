/**
 * Stacks that are left to the next file of a test run. Each file is played in a process of its own; a stack that is as it
 * was when it was started serves the next one, too. Those that are free lie in `.drillbook/stacks/NAME.json`, each with
 * what it was like. Who renames such a file has the stack.
 */
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { attachOwn, belongTo, type OwnStack } from './stack.ts'
import type { Digest, System } from './types.ts'

export interface Handover {
  /** A stack that is free; undefined if there is none. */
  take(root: string): OwnStack | undefined
  /** Hears of a stack that was just started, and remembers what it is like. */
  started(stack: OwnStack, system: System<object>): Promise<void>
  /** Leaves the stack to others if it is as it was when it was started; else, or if that cannot be told, removes it. */
  leave(stack: OwnStack, system: System<object>): Promise<void>
}

/** `next`: the process that removes what is free in the end. */
export function handOver(next: number): Handover {
  const known = new Map<string, Digest>()
  return {
    take(root) {
      for (const file of globSync('*.json', { cwd: folder(root) })) {
        const name = file.replace('.json', '')
        const mine = join(folder(root), `${name}.${process.pid}`)
        try {
          renameSync(join(folder(root), file), mine)
        } catch {
          // Another was quicker.
          continue
        }
        known.set(name, JSON.parse(readFileSync(mine, 'utf8')) as Digest)
        rmSync(mine)
        // A run that was killed has left the note, and the next has removed the stack.
        if (!existsSync(join(root, 'environments', `${name}.env`))) continue
        belongTo(process.pid, root, name)
        return attachOwn(root, name)
      }
      return undefined
    },
    async started(stack, system) {
      const state = await stateOf(stack, system)
      if (state) known.set(stack.name, state)
    },
    async leave(stack, system) {
      const was = known.get(stack.name)
      const is = was && (await stateOf(stack, system))
      if (!is || !isDeepStrictEqual(was, is)) return stack.remove()
      belongTo(next, stack.root, stack.name)
      mkdirSync(folder(stack.root), { recursive: true })
      const file = join(folder(stack.root), stack.name)
      writeFileSync(`${file}.new`, JSON.stringify(was))
      renameSync(`${file}.new`, `${file}.json`)
    },
  }
}

/** Undefined where it cannot be told: something of the stack does not answer. */
const stateOf = async (stack: OwnStack, system: System<object>) =>
  system.state?.(stack).catch(() => undefined)

/** Removes the stacks that nobody has taken, so that no more run than are played on. */
export async function removeFree(root: string, handover: Handover): Promise<void> {
  for (let stack = handover.take(root); stack; stack = handover.take(root)) await stack.remove()
}

const folder = (root: string) => join(root, '.drillbook', 'stacks')
