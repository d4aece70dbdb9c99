/**
 * Which runbooks have to be drilled again: those whose fingerprint is not the one of the evidence.
 *
 *     node scripts/changed-runbooks.ts                what the evidence in the checkout does not prove
 *     node scripts/changed-runbooks.ts --since REF    what differs from the evidence of a commit: a change that brings its
 *                                                     own evidence is drilled all the same
 *     node scripts/changed-runbooks.ts --all          every runbook
 *     … --json                                        as a JSON array, for the matrix of a workflow
 */
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { fingerprinter } from '../src/evidence/fingerprint.ts'
import { standing } from '../src/evidence/state.ts'
import { parseEvidence, type Reading, readEvidence } from '../src/evidence/store.ts'
import { listRunbooks, readRunbook } from '../src/runbook/library.ts'

/** Names, in alphabetical order. Rejects if `since` names no commit. */
export async function changedRunbooks(
  root: string,
  { since, all = false }: { since?: string | undefined; all?: boolean | undefined } = {},
): Promise<string[]> {
  const names = await listRunbooks(root)
  if (all) return names
  if (since !== undefined) await commitOf(root, since)
  const changed: string[] = []
  const fingerprint = fingerprinter(root)
  for (const name of names) {
    const reading = since === undefined ? readEvidence(root, name) : await evidenceAt(root, since, name)
    const now = fingerprint(await readRunbook(root, name))
    if (standing(reading, now).state !== 'proven') changed.push(name)
  }
  return changed
}

async function commitOf(root: string, ref: string): Promise<void> {
  const { exitCode } = await git(root, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${ref}^{commit}`,
  ])
  if (exitCode !== 0)
    throw new Error(
      `There is no commit “${ref}” in this clone. Fetch it first: a shallow clone has only its newest commit.`,
    )
}

async function evidenceAt(root: string, ref: string, name: string): Promise<Reading> {
  const { exitCode, stdout } = await git(root, ['show', `${ref}:./evidence/${name}.json`])
  return exitCode === 0 ? parseEvidence(stdout, name) : { kind: 'missing' }
}

function git(root: string, args: string[]) {
  return execa('git', args, { cwd: root, reject: false })
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { since: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' } },
  })
  try {
    const names = await changedRunbooks(process.cwd(), values)
    process.stdout.write(
      values.json ? `${JSON.stringify(names)}\n` : names.map((name) => `${name}\n`).join(''),
    )
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}
