/**
 * How much the runner costs: `restore` through the CLI beside the same commands from a bash script, on one stack,
 * in turn. Says each run's seconds on standard error, and rows for `pnpm bench` as JSON on standard output.
 *
 *   node scripts/bench/restore.ts [--gib 1] [--runs 5]
 *
 * The backup at the end is not counted: it is the same work either way, and takes most of the time.
 */
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { parse } from '../../src/drill/script.ts'
import { removeAtExit, startStack } from '../../src/drill/stack.ts'
import { readRunbook } from '../../src/runbook/library.ts'
import { blocks } from '../../src/runbook/shell.ts'
import { system } from '../../test/drills/stack.ts'
import { rowsOf } from './result.ts'

const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({ options: { gib: { type: 'string' }, runs: { type: 'string' } } })
const gib = Number(values.gib ?? 1)
const runs = Number(values.runs ?? 5)
/** pgbench makes about 15 MiB for each unit of its scale. */
const scale = Math.max(1, Math.round((gib * 1024) / 15))
/** Where users are served again: what follows is the backup. */
const last = 'start-the-application'

const document = await readRunbook(root, 'restore')
const served = blocks(document).filter(({ kind }) => kind === 'step')
const commands = served.slice(0, served.findIndex(({ step }) => step === last) + 1).map(({ text }) => text)
const bare = ['set -e', "RESTORE_TO=''", 'DRILLBOOK_RUN=bench', ...commands].join('\n')

removeAtExit(root)
const stack = await startStack(root, system)
try {
  await stack.compose([
    'exec',
    '-T',
    'db',
    'pgbench',
    '--initialize',
    '--quiet',
    '--scale',
    String(scale),
    'app',
  ])
  await stack.compose(['exec', '-T', 'db', 'pgbackrest', 'backup', '--type=full'])
  const bytes = await system.databaseBytes(stack)
  console.error(`Database: ${(bytes / 2 ** 30).toFixed(2)} GiB. ${cpus().length} × ${cpus()[0]?.model}`)
  const times: Record<'runbook' | 'bash', number[]> = { runbook: [], bash: [] }
  for (let run = 0; run < runs; run++) {
    times.runbook.push(await byRunbook())
    times.bash.push(await byBash())
    console.error(
      `run ${run + 1}: runbook ${times.runbook.at(-1)?.toFixed(2)} s, bash ${times.bash.at(-1)?.toFixed(2)} s`,
    )
  }
  const size = `${(bytes / 2 ** 30).toFixed(1)} GiB`
  const named = { [`the commands in bash, ${size}`]: times.bash, [`the runbook, ${size}`]: times.runbook }
  console.log(JSON.stringify(rowsOf(named, 's')))
} finally {
  await stack.remove()
}

/** From the start of the process to the end of the last counted step. */
async function byRunbook(): Promise<number> {
  const began = Date.now()
  const result = await execa(
    process.execPath,
    [join(root, 'src/cli/main.ts'), 'restore', `--on=${stack.name}`, `--yes=${stack.name}`, '--json'],
    { cwd: root, env: { ...stack.env }, stdin: 'ignore' },
  )
  const end = parse(result.stdout).find((event) => event.event === 'step-end' && event.step === last)
  if (!end) throw new Error(`The runbook did not come to ${last}.`)
  return (Date.parse(end.at) - began) / 1000
}

async function byBash(): Promise<number> {
  const began = Date.now()
  await execa('bash', ['-c', bare], { cwd: root, env: { ...stack.env }, stdin: 'ignore' })
  return (Date.now() - began) / 1000
}
