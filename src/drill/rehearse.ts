/** `pnpm runbook NAME` without an environment: the disaster in the sandbox, before the operator's eyes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../run/errors.ts'
import { journalFile } from '../run/journal.ts'
import { readRunbook } from '../runbook/library.ts'
import { drillOf } from './collector.ts'
import { playOn } from './play.ts'
import { parse, played } from './script.ts'
import { attach } from './stack.ts'
import { describe } from './table.ts'

export interface Rehearsal {
  /** Plays the runbook on the sandbox with these params, as it would be played anywhere. */
  play(params: Record<string, string>): Promise<{ run: string; exit: number }>
  say(text: string): void
}

/** Imports the drill file of a runbook, which registers its scenarios. */
export async function loadDrill(root: string, runbook: string) {
  const file = join(root, 'test', 'drills', `${runbook}.drill.ts`)
  try {
    await import(pathToFileURL(file).href)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(`The runbook “${runbook}” has no drill: ${file} is not there.`, { cause: error })
  }
  return drillOf(runbook)
}

/** The first scenario that can be played in the sandbox. Throws if every one asks for a stack of its own. */
export async function rehearsable(root: string, runbook: string) {
  const drill = await loadDrill(root, runbook)
  const scenario = drill.scenarios.find(({ before }) => !before)
  if (scenario) return { drill, scenario }
  throw new UsageError(
    `The disaster of “${runbook}” is too much for the sandbox: it needs a stack of its own.`,
    {
      hints: [`pnpm drill ${runbook} --rendition script --no-twins   causes it there, and plays the runbook`],
    },
  )
}

/**
 * Causes the disaster of such a scenario in the sandbox, plays the runbook, compares, and says what came of it.
 * The sandbox must be up. Resolves to the exit code.
 */
export async function rehearse(root: string, runbook: string, { play, say }: Rehearsal): Promise<number> {
  const { drill, scenario } = await rehearsable(root, runbook)
  const document = await readRunbook(root, runbook)
  const stack = attach(root, 'sandbox')
  await drill.system.prepare(stack)
  say('\nRows are being written to the sandbox. Now the disaster:')
  let exit = 1
  const { play: result } = await playOn(drill, { scenario, rendition: 'script' }, stack, {
    document,
    async act(params) {
      const outcome = await play(params)
      exit = outcome.exit
      const journal = readFileSync(journalFile(root, outcome.run), 'utf8')
      return played(parse(journal), '', stack.name)
    },
    happened: (promised) => say(`  ${scenario.scenario}. ${promised} rows had been acknowledged.\n`),
  })
  say(`\n${describe(result)}`)
  return exit === 0 && result.result === 'failed' ? 1 : exit
}
