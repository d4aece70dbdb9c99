/**
 * `pnpm run evidence check`: whether every runbook is proven by what is in the checkout. Needs no containers.
 *
 *     pnpm run evidence check [NAME …]                  for a release: all must be
 *     pnpm run evidence check --allow-stale [NAME …]    for a change: evidence about an earlier version is named, and passes;
 *                                                       CI drills those runbooks itself. What failed, was edited, or is
 *                                                       missing does not
 */
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { fingerprinter } from './fingerprint.ts'
import { standing } from './state.ts'
import { readEvidence } from './store.ts'

const root = process.cwd()
const [command, ...rest] = process.argv.slice(2)
const allowStale = rest.includes('--allow-stale')
const names = rest.filter((each) => each !== '--allow-stale')

if (command !== 'check') {
  process.stderr.write('Usage: pnpm run evidence check [--allow-stale] [NAME …]\n')
  process.exit(2)
}
let unproven = 0
const fingerprint = fingerprinter(root)
for (const name of names.length > 0 ? names : await listRunbooks(root)) {
  const document = await readRunbook(root, name)
  const { state, reason } = standing(readEvidence(root, name), fingerprint(document))
  if (state !== 'proven' && !(allowStale && state === 'stale')) unproven++
  process.stdout.write(`${state.padEnd(8)} ${name}: ${reason}\n`)
}
if (unproven > 0) {
  process.stderr.write(`Prove it: pnpm drill NAME   (${unproven} not proven)\n`)
  process.exit(1)
}
