/**
 * What a play leaves must hold no secret of its stack: neither the journals, nor what the terminal showed, nor what
 * becomes evidence, nor the site that is built from that.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadEnvironment } from '../run/environment.ts'
import { journalFile } from '../run/journal.ts'
import { redactor } from '../run/redact.ts'
import { readTargetJournal } from '../run/target-journal.ts'
import type { Played } from './played.ts'
import type { Stack } from './types.ts'

/** Shorter ones are user names and ports. */
const SHORTEST = 12

/** One line for each artefact that holds a secret, in whatever form; never the secret itself. */
export function leaks(
  secrets: Record<string, string>,
  artefacts: Record<string, string | undefined>,
): string[] {
  const long = Object.entries(secrets).filter(([, value]) => value.trim().length >= SHORTEST)
  const search = long.map(([name, value]) => ({ name, clean: redactor([value]) }))
  return Object.entries(artefacts).flatMap(([where, text = '']) =>
    search
      .filter(({ clean }) => clean.text(text) !== text)
      .map(({ name }) => `the secret ${name} is in ${where}`),
  )
}

/** Everything that a play leaves behind, by what it is. */
export async function artefacts({ root, name }: Stack, played: Played) {
  const { run, steps, message, recording } = played
  const file = run === undefined ? undefined : journalFile(root, run)
  const there =
    run === undefined ? undefined : await readTargetJournal(root, loadEnvironment(root, name), run)
  return {
    'the journal': file && existsSync(file) ? readFileSync(file, 'utf8') : undefined,
    'the journal on the target': there?.join('\n'),
    'the message of the runner': message,
    'the output of the steps': steps.map(({ output }) => output).join('\n'),
    'the recording': recording?.map(([, text]) => text).join(''),
  }
}

/** One line for each file of the evidence and of the built site that holds a secret. */
export function leaksInSite(
  root: string,
  runbook: string,
  secrets: readonly Record<string, string>[],
): string[] {
  const all = Object.assign({}, ...secrets.map((each, stack) => prefixed(each, stack))) as Record<
    string,
    string
  >
  const patterns = [`evidence/${runbook}.{json,cast}`, 'dist/**/*.{html,json,txt,js,css,svg,xml}']
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }))
  if (!files.some((file) => file.startsWith('dist/')))
    throw new Error('There is no built site to look through.')
  // All secrets at once: only a file that holds one is asked which.
  const any = redactor(Object.values(all).filter((value) => value.trim().length >= SHORTEST))
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return any.text(text) === text ? [] : leaks(all, { [file]: text })
  })
}

/** Two stacks have secrets of the same names. */
function prefixed(secrets: Record<string, string>, stack: number): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`${name} (${stack + 1})`, value]))
}
