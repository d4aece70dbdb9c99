/** How long the command line takes to start, beside bare Node and bare zx. Milliseconds of a whole process. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from '../../src/site/performance.ts'
import { inTurn, rowsOf } from './result.ts'

export async function start(root: string, rounds = 15): Promise<Row[]> {
  const work = mkdtempSync(join(tmpdir(), 'drillbook-bench-'))
  const zx = join(work, 'zx.mjs')
  writeFileSync(zx, `import { $ } from '${join(root, 'node_modules/zx/build/index.js')}'\nvoid $\n`)
  const time =
    (...args: string[]) =>
    () => {
      const began = performance.now()
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
      if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`)
      return performance.now() - began
    }
  const cli = join(root, 'src/cli/main.ts')
  const variants = {
    'bare Node': time('--eval', '0'),
    'bare zx': time(zx),
    'pnpm runbook --help': time(cli, '--help'),
    'pnpm runbook restore --help': time(cli, 'restore', '--help'),
    'pnpm runbook restore --dry-run': time(cli, 'restore', '--dry-run'),
  }
  try {
    // The first start fills the compile cache.
    for (const measure of Object.values(variants)) measure()
    return rowsOf(await inTurn(rounds, variants), 'ms')
  } finally {
    rmSync(work, { recursive: true })
  }
}
