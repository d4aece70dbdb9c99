/** Plays a runbook in both renditions, and tells what happened in the same words. */
import { vi } from 'vitest'
import { openTerminal, type Paste } from '../../../src/drill/terminal.ts'
import type { Document } from '../../../src/runbook/document.ts'
import type { Player } from '../../../src/runbook/player.ts'
import { blocks } from '../../../src/runbook/shell.ts'
import type { Lab, Shell } from './lab.ts'

export interface Outcome {
  /** Arguments of every call of `probe`, undos included. */
  calls: string[][]
  /** Titles of the steps that finished. */
  finished: string[]
  /** Title of the step that failed. */
  failed: string | undefined
}

/** As a script, with the smallest player there can be: steps in order, undos after a failure, nothing else. */
export async function playScript(lab: Lab, file: string, params: Record<string, string>): Promise<Outcome> {
  vi.resetModules()
  const { seat } = await import('../../../src/runbook/player.ts')
  const { execute } = await import('../../../src/runbook/execute.ts')
  const finished: string[] = []
  const undos: (() => Promise<unknown>)[] = []
  let failed: string | undefined
  let given = params
  const player: Player = {
    begin: () => given,
    async step(title, body, { unless, undo }) {
      failed = title
      const skip = await unless?.().then(
        () => true,
        () => false,
      )
      const value = skip ? '' : String(await body())
      failed = undefined
      finished.push(title)
      if (undo) undos.push(undo)
      return value
    },
    command: (call) => execute(call, { cwd: lab.dir, env: lab.env }),
    confirm: async () => {},
    async include(name, inner) {
      const outer = given
      given = inner
      await import(/* @vite-ignore */ new URL(`../corpus/${name}.ts`, import.meta.url).href)
      given = outer
    },
  }
  seat(player)
  try {
    await import(/* @vite-ignore */ file)
  } catch (error) {
    if (failed === undefined) throw error
    for (const undo of undos.toReversed()) await undo().catch(() => {})
  }
  return { calls: lab.calls(), finished, failed }
}

/** As shell: every block in one shell, up to the first that fails; then the undos of the finished steps. */
export async function playShell(
  lab: Lab,
  shell: Shell,
  document: Document,
  params: Record<string, string>,
): Promise<Outcome> {
  const all = blocks(document, params)
  const undos = all.filter(({ kind }) => kind === 'undo')
  const steps = all.filter(({ kind }) => kind === 'step')
  const [enter] = all
  const script = [
    'DRILLBOOK_RUN=test',
    enter?.text.replace(/^\. scripts\/enter.*$/m, ''),
    ...steps.map(({ step, title, text }, index) => {
      const before = new Set(steps.slice(0, index).map((each) => each.step))
      const back = undos
        .filter((undo) => before.has(undo.step) && undo.step !== step)
        .map((undo) => undo.text)
      return [
        text,
        'if [ $? -ne 0 ]; then',
        `printf 'failed\\0%s\\0' '${title}'`,
        ...back,
        'exit 0',
        'fi',
        `printf 'finished\\0%s\\0' '${title}'`,
      ].join('\n')
    }),
  ].join('\n')
  const { stdout, status, stderr } = await lab.run(shell, script)
  if (status !== 0) throw new Error(`${shell} ended with ${status}: ${stderr}\n${script}`)
  const finished: string[] = []
  let failed: string | undefined
  for (const [, what, title] of stdout.matchAll(/(finished|failed)\0([^\0]*)\0/g)) {
    if (what === 'failed') failed = title
    else finished.push(title ?? '')
  }
  return { calls: lab.calls(), finished, failed }
}

/** As a person pastes it, block by block, into a live shell: up to the first block that fails. Without undos. */
export async function playTerminal(
  lab: Lab,
  shell: Shell,
  paste: Paste,
  document: Document,
  params: Record<string, string>,
): Promise<Outcome> {
  const [enter, ...others] = blocks(document, params)
  const terminal = await openTerminal(shell, { directory: lab.dir, env: lab.env })
  const finished: string[] = []
  let failed: string | undefined
  try {
    await terminal.paste(`DRILLBOOK_RUN=test\n${enter?.text.replace(/\n\. scripts\/enter.*$/, '')}`, {
      paste,
    })
    for (const { title, text } of others.filter(({ kind }) => kind === 'step')) {
      const { status } = await terminal.paste(text, { paste })
      if (status !== 0) {
        failed = title
        break
      }
      finished.push(title)
    }
  } finally {
    await terminal.close()
  }
  return { calls: lab.calls(), finished, failed }
}
