/** What the benchmarks with containers share: a stack of their own, and the runbook played in it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { parse } from '../../src/drill/script.ts'
import { type OwnStack, removeAtExit, startStack } from '../../src/drill/stack.ts'
import type { Row } from '../../src/site/performance.ts'
import { ownLiveName } from '../../test/drills/releases.ts'
import { system } from '../../test/drills/stack.ts'

export const root = join(import.meta.dirname, '../..')

/** Prints what the work measures as JSON, for `pnpm bench`; the stack is gone when this resolves, also after an error. */
export async function onStack(work: (stack: OwnStack) => Promise<Row[]>): Promise<void> {
  removeAtExit(root)
  const stack = await startStack(root, system, {
    async before(name) {
      await ownLiveName(name)
      keepOnDisk(name)
    },
  })
  try {
    console.log(JSON.stringify(await work(stack)))
  } finally {
    await stack.remove()
  }
}

/** The sandbox's store is in memory, and small: the log of a large database would end it. */
function keepOnDisk(name: string): void {
  const file = join(root, 'environments', `${name}.env`)
  const inMemory = /^STORE_BACKEND='?memstore'?$/m
  const entries = readFileSync(file, 'utf8')
  if (!inMemory.test(entries)) throw new Error(`${file} does not say that the store is in memory.`)
  writeFileSync(file, entries.replace(inMemory, 'STORE_BACKEND=bluestore\nSTORE_MEMORY=4g'))
}

/**
 * Plays a runbook as an operator does. Resolves to the seconds from the start of the process to the end of the step
 * `last`, else to its own end. Rejects if it does not come so far.
 */
export async function play(
  stack: OwnStack,
  name: string,
  { params = {}, last }: { params?: Record<string, string>; last?: string } = {},
): Promise<number> {
  const began = Date.now()
  const main = join(root, 'src/cli/main.ts')
  const given = Object.entries(params).map(([key, value]) => `--${key}=${value}`)
  const args = [main, name, `--on=${stack.name}`, `--yes=${stack.name}`, '--json', ...given]
  const { stdout } = await execa(process.execPath, args, {
    cwd: root,
    env: { ...stack.env },
    stdin: 'ignore',
  })
  const end = last ? parse(stdout).find((each) => each.event === 'step-end' && each.step === last) : undefined
  if (last && !end) throw new Error(`The runbook did not come to ${last}.`)
  return ((end ? Date.parse(end.at) : Date.now()) - began) / 1000
}

/** Seconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}
