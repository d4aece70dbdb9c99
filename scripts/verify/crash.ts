/**
 * One job of the weekly verification: a part of the crash matrix, and what came of it for each runbook.
 *
 *     node scripts/verify/crash.ts 1/8 --seed N --to FOLDER
 *
 * Exit codes: 0 all passed · 1 something failed · 2 usage
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describe } from '../../src/drill/crash/cells.ts'
import type { CellResult } from '../../src/drill/crash/matrix.ts'
import { type Run, runIn } from './drill.ts'
import { tail, writeOutcome } from './outcome.ts'

export interface Shard {
  root: string
  /** `1/8`: the first of eight. */
  part: string
  seed: string
  to: string
  run: Run
}

/** Plays the part. True if every kill of it was survived. */
export async function verifyCrashes({ root, part, seed, to, run }: Shard): Promise<boolean> {
  const file = join(root, '.drillbook', 'crash.json')
  rmSync(file, { force: true })
  const { exitCode, all } = await run('node', ['src/drill/crash/main.ts', '--shard', part, '--seed', seed])
  const cells = readCells(file)
  const names = [...new Set(cells.map(({ cell }) => cell.runbook))]
  for (const runbook of names) {
    const own = cells.filter(({ cell, result }) => cell.runbook === runbook && result === 'failed')
    const failures = own.map(({ cell, scenario, reason = 'no reason given' }) => ({
      what: `killed: ${describe(cell)} (${scenario})`,
      ...(cell.point.step ? { step: cell.point.step } : {}),
      reason,
    }))
    const again = `pnpm test:crash --runbook ${runbook} --seed ${seed}`
    const result = own.length === 0 ? 'passed' : 'failed'
    // The log is all runbooks': it says nothing about one that passed.
    const log = own.length === 0 ? '' : tail(all)
    writeOutcome(to, { runbook, check: 'crash', part, result, again, failures, log })
  }
  return exitCode === 0 && names.length > 0
}

/** None if the matrix ended before it wrote them. */
function readCells(file: string): CellResult[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { cells: CellResult[] }).cells
  } catch {
    return []
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string' }, to: { type: 'string' } },
  })
  const [part] = positionals
  if (!part || !values.seed || !values.to) {
    process.stderr.write('Usage: node scripts/verify/crash.ts 1/8 --seed N --to FOLDER\n')
    process.exit(2)
  }
  const root = process.cwd()
  const passed = await verifyCrashes({ root, part, seed: values.seed, to: values.to, run: runIn(root) })
  process.exitCode = passed ? 0 : 1
}
