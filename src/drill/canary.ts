/**
 * What a play leaves must hold no secret of its stack: neither the journals, nor what the terminal showed, nor what
 * becomes evidence. The site is built from the evidence and from nothing else that a drill leaves.
 */
import { existsSync, readFileSync } from 'node:fs'
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
