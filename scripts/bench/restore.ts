/**
 * What a restore costs, on one stack, in turn: `restore` through the CLI, the same commands from a bash script, a bare
 * `pgbackrest restore`, `pg_restore` of a dump, and a copy of the files. Says each run's seconds on standard error, and rows
 * for `pnpm bench` as JSON on standard output.
 *
 *   node scripts/bench/restore.ts [--gib 0.1,1,5] [--runs 3]
 *
 * The backup at the end of the runbook is not counted: it is the same work either way, and takes most of the time. The last
 * three bring back the files or the rows and nothing else: no users are stopped, nothing is checked or salvaged.
 */
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import type { OwnStack } from '../../src/drill/stack.ts'
import { readRunbook } from '../../src/runbook/library.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { system } from '../../test/drills/stack.ts'
import { onStack, play, root, timed } from './on-stack.ts'
import { inTurn, rowsOf } from './result.ts'

const { values } = parseArgs({ options: { gib: { type: 'string' }, runs: { type: 'string' } } })
const sizes = (values.gib ?? '0.1,1,5').split(',').map(Number)
const runs = Number(values.runs ?? 3)
/** Where users are served again: what follows is the backup. */
const last = 'start-the-application'

const document = await readRunbook(root, 'restore')
const served = blocks(document).filter(({ kind }) => kind === 'step')
const commands = served.slice(0, served.findIndex(({ step }) => step === last) + 1).map(({ text }) => text)
const bare = ['set -e', "RESTORE_TO=''", 'DRILLBOOK_RUN=bench', ...commands].join('\n')

await onStack(async (stack) => {
  const rows = []
  for (const gib of sizes) rows.push(...(await measure(stack, gib)))
  return rows
})

async function measure(stack: OwnStack, gib: number) {
  const tool = (...command: string[]) =>
    stack.compose(['run', '--rm', '--no-deps', '-T', 'db-tools', ...command])
  const inDatabase = (...command: string[]) => stack.compose(['exec', '-T', 'db', ...command])
  // pgbench makes about 15 MiB for each unit of its scale.
  const scale = String(Math.max(1, Math.round((gib * 1024) / 15)))
  await inDatabase('pgbench', '--initialize', '--quiet', '--scale', scale, 'app')
  await inDatabase('pgbackrest', 'backup', '--type=full')
  await inDatabase(
    'pg_dump',
    '--format=custom',
    '--compress=zstd:3',
    '--file=/var/lib/scratch/bench.dump',
    'app',
  )
  const size = `${((await system.databaseBytes(stack)) / 2 ** 30).toFixed(1)} GiB`
  const again = async () => {
    await stack.compose(['up', '--detach', '--no-deps', '--no-recreate', '--wait', 'db'])
    await inDatabase('sh', '-c', 'until recovery-ended; do sleep 0.2; done')
  }
  const times = await inTurn(runs, {
    'the commands in bash': () =>
      said(timed(() => execa('bash', ['-c', bare], { cwd: root, env: { ...stack.env }, stdin: 'ignore' }))),
    'the runbook': () => said(play(stack, 'restore', { last })),
    'pgbackrest restore, over the old files': async () => {
      await stack.compose(['stop', 'db'])
      return said(
        timed(async () => {
          await tool('pgbackrest', 'restore', '--delta')
          await again()
        }),
      )
    },
    'pg_restore of a dump, two jobs': () =>
      said(
        timed(() =>
          inDatabase(
            'sh',
            '-c',
            'createdb bench && pg_restore --jobs=2 --dbname=bench /var/lib/scratch/bench.dump',
          ),
        ).finally(() => inDatabase('dropdb', '--if-exists', '--force', 'bench')),
      ),
    'a copy of the files, on the same disk': async () => {
      await stack.compose(['stop', 'db'])
      const home = '/var/lib/postgresql'
      const seconds = await timed(() =>
        tool('sh', '-c', `cp -a ${home}/main ${home}/bench && sync -f ${home}`),
      )
      await tool('rm', '-rf', `${home}/bench`)
      await again()
      return said(Promise.resolve(seconds))
    },
  })
  const named = Object.entries(times).map(([what, seconds]) => [`${what}, ${size}`, seconds] as const)
  return rowsOf(Object.fromEntries(named), 's')
}

async function said(seconds: Promise<number>): Promise<number> {
  const value = await seconds
  console.error(`${value.toFixed(2)} s`)
  return value
}
