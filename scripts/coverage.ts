/**
 * `pnpm coverage`: how much of `src/` the tests run, line by line.
 *
 *     node scripts/coverage.ts [PROJECT …]      projects of vitest.config.ts; without any: unit
 *
 * Most tests of the command line start it as a process of its own, which Vitest does not see. Those processes write what
 * they ran themselves (`NODE_V8_COVERAGE`), and a line counts if either saw it. What counts as a line is Vitest's:
 * one with code on it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** Per cent of the lines of `src/` that must be run. */
export const GOAL = 85

/** File → line → how often it was run. */
export type Lines = Map<string, Map<number, number>>

/** Reads what Vitest wrote, paths relative to the root. */
export function readLcov(text: string): Lines {
  const files: Lines = new Map()
  let lines = new Map<number, number>()
  for (const row of text.split('\n')) {
    if (row.startsWith('SF:')) {
      lines = new Map()
      files.set(row.slice(3), lines)
    }
    const [, line, count] = /^DA:(\d+),(\d+)/.exec(row) ?? []
    if (line) lines.set(Number(line), Number(count))
  }
  return files
}

export interface Script {
  url: string
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[]
}

/** Counts a line that a process ran: the innermost range around its first character says whether it did. */
export function addProcess(
  files: Lines,
  { url, functions }: Script,
  root: string,
  source: (file: string) => string,
): void {
  if (!url.startsWith('file://')) return
  const file = relative(root, fileURLToPath(url))
  const lines = files.get(file)
  if (!lines) return
  const ranges = functions.flatMap((each) => each.ranges)
  let offset = 0
  for (const [index, text] of source(file).split('\n').entries()) {
    const at = offset + text.search(/\S|$/)
    offset += text.length + 1
    if (lines.get(index + 1) !== 0) continue
    const around = ranges.filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset)
    const inner = around.toSorted((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))[0]
    if (inner && inner.count > 0) lines.set(index + 1, inner.count)
  }
}

export interface Part {
  name: string
  lines: number
  run: number
  percent: number
}

/** For each folder of `src/`, then for all of it. */
export function summary(files: Lines): Part[] {
  const folders = Map.groupBy(files.keys(), (file) => file.split('/').slice(0, 2).join('/'))
  const part = (name: string, own: Iterable<string>): Part => {
    const counts = [...own].flatMap((file) => [...(files.get(file)?.values() ?? [])])
    const run = counts.filter((count) => count > 0).length
    return {
      name,
      lines: counts.length,
      run,
      percent: counts.length === 0 ? 100 : Math.round((1000 * run) / counts.length) / 10,
    }
  }
  const parts = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, own]) => part(name, own))
  return [...parts, part('src', files.keys())]
}

async function main(root: string, projects: string[]): Promise<number> {
  const folder = join(root, 'coverage')
  const raw = join(folder, 'processes')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(raw, { recursive: true })
  const args = [
    ...['run', ...projects.flatMap((project) => ['--project', project])],
    ...[
      '--coverage.enabled',
      '--coverage.provider=v8',
      '--coverage.include=src/**/*.ts',
      '--coverage.reporter=lcovonly',
    ],
    `--coverage.reportsDirectory=${join(folder, 'vitest')}`,
  ]
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const options = { cwd: root, stdio: 'inherit', reject: false, env: { CHILD_COVERAGE: raw } } as const
  const { exitCode } = await execa(process.execPath, [vitest, ...args], options)
  if (exitCode !== 0) return exitCode ?? 1
  const files = readLcov(readFileSync(join(folder, 'vitest/lcov.info'), 'utf8'))
  for (const name of readdirSync(raw)) {
    const { result } = JSON.parse(readFileSync(join(raw, name), 'utf8')) as { result: Script[] }
    for (const script of result)
      addProcess(files, script, root, (file) => readFileSync(join(root, file), 'utf8'))
  }
  const parts = summary(files)
  const missing = [...files].flatMap(([file, lines]) => {
    const not = [...lines].flatMap(([line, count]) => (count === 0 ? [line] : []))
    return not.length > 0 ? [{ file, lines: not }] : []
  })
  writeFileSync(
    join(folder, 'summary.json'),
    `${JSON.stringify({ schema: 1, projects, parts, missing }, undefined, 2)}\n`,
  )
  rmSync(raw, { recursive: true })
  for (const { name, run, lines, percent } of parts)
    console.log(`${percent.toFixed(1).padStart(5)} %  ${name} (${run} of ${lines} lines)`)
  const all = parts.at(-1)?.percent ?? 0
  if (all >= GOAL) return 0
  console.error(`Less than ${GOAL} % of src/ is run. coverage/summary.json names the lines.`)
  return 1
}

if (import.meta.main) {
  const named = process.argv.slice(2)
  process.exitCode = await main(process.cwd(), named.length > 0 ? named : ['unit'])
}
