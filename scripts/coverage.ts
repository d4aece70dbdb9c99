/**
 * `pnpm coverage`: how much of `src/` the tests run, line by line.
 *
 *     node scripts/coverage.ts [PROJECT …] [FILE …]      projects of vitest.config.ts; without any: unit. A name with
 *                                                        a slash is a test file
 *
 * Most tests of the command line start it as a process of its own, which Vitest does not see. Those processes write what
 * they ran themselves (`NODE_V8_COVERAGE`), and a line counts if either saw it. What counts as a line is Vitest's:
 * one with code on it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** Per cent of the lines that must be run. */
const GOAL = 85

/** What only these projects can run, since it needs containers or the built site: judged when one of them is named. */
const needs: [part: string, projects: string[]][] = [
  ['src/drill', ['drill', 'crash']],
  ['src/site', ['site']],
  ['src/content.config.ts', ['site']],
]

/** The parts that a run of these projects answers for. */
export function judged(parts: readonly Part[], projects: readonly string[]): Part {
  const own = parts.filter(({ name }) => {
    const [, wanted] = needs.find(([part]) => part === name) ?? []
    return name !== 'src' && (!wanted || wanted.some((project) => projects.includes(project)))
  })
  const [lines, run] = [
    own.reduce((sum, part) => sum + part.lines, 0),
    own.reduce((sum, part) => sum + part.run, 0),
  ]
  return { name: own.map(({ name }) => name).join(', '), lines, run, percent: percentOf(run, lines) }
}

const percentOf = (run: number, lines: number) => (lines === 0 ? 100 : Math.floor((1000 * run) / lines) / 10)

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
      percent: percentOf(run, counts.length),
    }
  }
  const parts = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, own]) => part(name, own))
  return [...parts, part('src', files.keys())]
}

async function main(root: string, named: string[]): Promise<number> {
  const only = named.filter((name) => name.includes('/'))
  const others = named.filter((name) => !name.includes('/'))
  const projects = others.length > 0 ? others : ['unit']
  const folder = join(root, 'coverage')
  const raw = join(folder, 'processes')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(raw, { recursive: true })
  const args = [
    ...['run', ...only, ...projects.flatMap((project) => ['--project', project])],
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
  const { name, percent } = judged(parts, projects)
  console.log(`${percent.toFixed(1).padStart(5)} %  of what ${projects.join(' and ')} can run: ${name}`)
  if (percent >= GOAL) return 0
  console.error(`At least ${GOAL} % is asked for. coverage/summary.json names the lines that are not run.`)
  return 1
}

if (import.meta.main) process.exitCode = await main(process.cwd(), process.argv.slice(2))
