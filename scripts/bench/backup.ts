/**
 * A full backup by the runbook beside a bare `pgbackrest backup`, on one stack, in turn. Rows for `pnpm bench` as JSON on
 * standard output.
 *
 *   node scripts/bench/backup.ts [--gib 0.1,1] [--runs 3]
 */
import { parseArgs } from 'node:util'
import { system } from '../../test/drills/stack.ts'
import { onStack, play, timed } from './on-stack.ts'
import { inTurn, rowsOf } from './result.ts'

const { values } = parseArgs({ options: { gib: { type: 'string' }, runs: { type: 'string' } } })
const sizes = (values.gib ?? '0.1,1').split(',').map(Number)
const runs = Number(values.runs ?? 3)

await onStack(async (stack) => {
  const rows = []
  const inDatabase = (...command: string[]) => stack.compose(['exec', '-T', 'db', ...command])
  for (const gib of sizes) {
    const scale = String(Math.max(1, Math.round((gib * 1024) / 15)))
    await inDatabase('pgbench', '--initialize', '--quiet', '--scale', scale, 'app')
    const size = `${((await system.databaseBytes(stack)) / 2 ** 30).toFixed(1)} GiB`
    const times = await inTurn(runs, {
      [`pgbackrest backup, ${size}`]: () => timed(() => inDatabase('pgbackrest', 'backup', '--type=full')),
      [`the runbook, ${size}`]: () => play(stack, 'backup', { params: { TYPE: 'full' } }),
    })
    rows.push(...rowsOf(times, 's'))
  }
  return rows
})
