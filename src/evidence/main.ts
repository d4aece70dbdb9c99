/** `pnpm run evidence check`: whether every runbook is proven by what is in the checkout. Needs no containers. */
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { fingerprint } from './fingerprint.ts'
import { standing } from './state.ts'
import { readEvidence } from './store.ts'

const root = process.cwd()
const [command, ...names] = process.argv.slice(2)

if (command !== 'check') {
  process.stderr.write('Usage: pnpm run evidence check [NAME …]\n')
  process.exit(2)
}
let unproven = 0
for (const name of names.length > 0 ? names : await listRunbooks(root)) {
  const document = await readRunbook(root, name)
  const { state, reason } = standing(readEvidence(root, name), fingerprint(root, document))
  if (state !== 'proven') unproven++
  process.stdout.write(`${state.padEnd(8)} ${name}: ${reason}\n`)
}
if (unproven > 0) {
  process.stderr.write(`Prove it: pnpm drill NAME   (${unproven} not proven)\n`)
  process.exit(1)
}
