/** How long it takes to read many runbooks, as the site and `pnpm runbook check` do. Seconds of a whole process. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from '../../src/site/performance.ts'
import { inTurn, rowsOf } from './result.ts'

const program = (root: string) => `
  const { listRunbooks, readRunbook } = await import('${join(root, 'src/runbook/library.ts')}')
  for (const name of await listRunbooks('.')) await readRunbook('.', name)`

export async function read(
  root: string,
  rounds = 3,
  sizes: readonly number[] = [25, 250, 1000],
): Promise<Row[]> {
  const source = readFileSync(join(root, 'runbooks/restore.ts'), 'utf8')
  const rows: Row[] = []
  for (const size of sizes) {
    const work = mkdtempSync(join(tmpdir(), 'drillbook-bench-'))
    mkdirSync(join(work, 'runbooks'))
    for (let number = 0; number < size; number++) {
      // Each another text, so that no cache can help.
      const text = source.replace(/^ \* Restore the database$/m, ` * Restore the database ${number}`)
      writeFileSync(join(work, `runbooks/restore-${number}.ts`), text)
    }
    for (const name of readIncluded(source))
      writeFileSync(join(work, `runbooks/${name}.ts`), readFileSync(join(root, `runbooks/${name}.ts`)))
    const measure = () => {
      const began = performance.now()
      const args = ['--input-type=module', '--eval', program(root)]
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: work, encoding: 'utf8' })
      if (status !== 0) throw new Error(`Reading ${size} runbooks ended with ${status}: ${stderr}`)
      return (performance.now() - began) / 1000
    }
    rows.push(...rowsOf(await inTurn(rounds, { [`${size} runbooks`]: measure }), 's'))
    rmSync(work, { recursive: true })
  }
  return rows
}

function readIncluded(source: string): string[] {
  return [...source.matchAll(/\binclude\('([a-z-]+)'/g)].flatMap(([, name]) => name ?? [])
}
