/**
 * `pnpm bench`: measures, and writes docs/performance.json, which the Performance page is made from.
 *
 *     pnpm bench                      everything that needs no containers
 *     pnpm bench NAME …               these; a benchmark that is not named keeps the figures that it had
 *     pnpm bench NAME --rounds N      how often each variant is run
 *     pnpm bench site --sizes 25,250  so many runbooks; GiB, where it is about the database
 *     pnpm bench --list               which there are, and when each was measured
 *
 * Whatever else the machine does is in the figures: the load is written down with them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { commitOf } from '../../src/drill/commit.ts'
import { type Benchmark, type Performance, performance_, type Row } from '../../src/site/performance.ts'
import { quality } from './lighthouse.ts'
import { read } from './read.ts'
import { thisMachine } from './result.ts'
import { site } from './site.ts'
import { start } from './start.ts'

interface Options {
  rounds: number | undefined
  sizes: number[] | undefined
}

interface Known extends Pick<Benchmark, 'name' | 'title' | 'how'> {
  containers?: boolean
  measure(root: string, options: Options): Promise<Row[]>
}

export const known: Known[] = [
  {
    name: 'start',
    title: 'Starting the command line',
    how: 'A whole process, beside Node that runs nothing and Node that loads zx.',
    measure: (root, { rounds }) => start(root, rounds),
  },
  {
    name: 'overhead',
    title: 'What the runner adds to a command',
    how: 'Forty times `echo hello` in one runbook: journal here and on a target without an engine’s own time, redaction, display. Beside the same in bare zx.',
    measure: (root, { rounds = 5 }) => overhead(root, rounds),
  },
  {
    name: 'read',
    title: 'Reading runbooks',
    how: 'A whole process that reads that many runbooks as long as “Restore the database”, as the site and `pnpm runbook check` do.',
    measure: (root, { rounds, sizes }) => read(root, rounds, sizes),
  },
  {
    name: 'site',
    title: 'Building the site',
    how: 'Without any cache, beside plain Starlight with the same Markdown on as many pages. A page’s weight is what is sent, compressed.',
    measure: (root, { rounds, sizes }) => site(root, rounds, sizes),
  },
  {
    name: 'lighthouse',
    title: 'The quality of pages',
    how: 'Points of Lighthouse for the start, the deployment guide, the overview of runbooks and a runbook, beside a plain Starlight page; on a phone with a slow network.',
    measure: (root, { rounds }) => quality(root, rounds),
  },
  {
    name: 'restore',
    title: 'Restoring the database',
    how: 'From the start to where users are served again, beside the same commands from a bash script, on one stack, in turn. The other three bring back files or rows and do nothing else: they stop nobody, check nothing and salvage nothing.',
    containers: true,
    measure: (root, options) => onItsStack(root, 'restore', options),
  },
  {
    name: 'backup',
    title: 'Taking a backup',
    how: 'A full one, beside a bare `pgbackrest backup`. The runbook also checks the archive and records the contents of every table.',
    containers: true,
    measure: (root, options) => onItsStack(root, 'backup', options),
  },
  {
    name: 'deploy',
    title: 'Deploying a version under load',
    how: 'Two hundred requests a second, every tenth of them a write, on the machine that serves them. Beside a plain `docker compose up`.',
    containers: true,
    measure: (root, options) => onItsStack(root, 'deploy', options),
  },
  {
    name: 'drills',
    title: 'The drills of a test run',
    how: 'Each runbook in the rendition that a test run draws, with one negative twin; two stacks at a time.',
    containers: true,
    measure: (root) => onItsStack(root, 'drills', { rounds: undefined, sizes: undefined }),
  },
]

/** A program of its own, since it starts containers and must remove them whatever happens. */
async function onItsStack(root: string, name: string, { rounds, sizes }: Options): Promise<Row[]> {
  const args = [
    `scripts/bench/${name}.ts`,
    ...(sizes ? ['--gib', sizes.join()] : []),
    ...(rounds ? ['--runs', String(rounds)] : []),
  ]
  return JSON.parse((await program(root, args)).stdout) as Row[]
}

async function overhead(root: string, rounds: number): Promise<Row[]> {
  const { stdout } = await program(root, ['scripts/bench/overhead.ts', String(rounds)])
  const { commands, memory } = JSON.parse(stdout)
  return [
    { what: 'bare zx, one command', unit: 'ms', ...commands.zx },
    { what: 'the runner, one command', unit: 'ms', ...commands.runner },
    { what: 'bare zx, memory', unit: 'MiB', ...memory.zx },
    { what: 'the runner, memory', unit: 'MiB', ...memory.runner },
  ]
}

/** Some of them end with 1 when a limit is passed: the figures count, not that. */
async function program(root: string, args: string[]): Promise<{ stdout: string }> {
  const result = await execa(process.execPath, args, {
    cwd: root,
    stderr: 'inherit',
    reject: false,
    stdin: 'ignore',
  })
  if (!/^[[{]/.test(result.stdout))
    throw new Error(`${args[0]} ended with ${result.exitCode} and measured nothing.`)
  return { stdout: result.stdout }
}

export const file = 'docs/performance.json'

/** What is in the file, brought in line with the benchmarks that there are. */
export function stored(root: string): Performance {
  let before: Performance = { schema: 1, benchmarks: [] }
  try {
    before = performance_.parse(JSON.parse(readFileSync(join(root, file), 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const of = (wanted: string) => before.benchmarks.find(({ name }) => name === wanted)?.result ?? null
  return {
    schema: 1,
    benchmarks: known.map(({ name, title, how }) => ({ name, title, how, result: of(name) })),
  }
}

async function main(root: string): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { list: { type: 'boolean' }, rounds: { type: 'string' }, sizes: { type: 'string' } },
  })
  const unknown = positionals.filter((name) => !known.some((each) => each.name === name))
  if (unknown.length > 0) {
    console.error(
      `There is no benchmark “${unknown[0]}”. There are: ${known.map(({ name }) => name).join(', ')}.`,
    )
    return 2
  }
  const all = stored(root)
  if (values.list) {
    for (const { name, title, result } of all.benchmarks)
      console.log(`${name.padEnd(10)}${title}: ${result?.measured ?? 'not measured'}`)
    return 0
  }
  const options: Options = {
    rounds: values.rounds === undefined ? undefined : Number(values.rounds),
    sizes: values.sizes?.split(',').map(Number),
  }
  const wanted = known.filter(({ name, containers }) =>
    positionals.length > 0 ? positionals.includes(name) : !containers,
  )
  for (const { name, title, measure } of wanted) {
    console.error(`${title} …`)
    const machine = thisMachine()
    const rows = await measure(root, options)
    const target = all.benchmarks.find((each) => each.name === name)
    if (target) target.result = { measured: new Date().toISOString(), commit: commitOf(root), machine, rows }
    for (const { what, unit, median, p10, p90, n } of rows)
      console.log(`${what}: ${median} ${unit} (${p10} to ${p90}, ${n} runs)`)
    // After each: what comes later may fail.
    writeFileSync(join(root, file), `${JSON.stringify(performance_.parse(all), undefined, 2)}\n`)
  }
  return 0
}

if (import.meta.main) process.exitCode = await main(process.cwd())
