/** `pnpm test:crash`: kills the runner at every point of every runbook, goes on, and compares every row. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { listRunbooks, readRunbook } from '../../runbook/library.ts'
import { runProgram, say } from '../program.ts'
import { stageOf } from '../prove.ts'
import { loadDrill } from '../rehearse.ts'
import { removeAtExit, scrubOwnEnvironment, sweep } from '../stack.ts'
import { type Cell, cellsOf, describe, runsOf, select } from './cells.ts'
import { type CellResult, playMatrix, type Subject } from './matrix.ts'
import { crashTable } from './table.ts'

const usage = `Kills the runner (SIGKILL) before, during and after every command of every runbook, resumes the run on this machine
or from a fresh checkout on another one, and compares every row.

  pnpm test:crash                    every cell, one kill a run
  pnpm test:crash --runbook NAME     one runbook
  pnpm test:crash --only WORDS       those whose description, as --list prints it, has these words
  pnpm test:crash --runbooks N       N runbooks, chosen by the seed
  pnpm test:crash --sample N         N cells, chosen by the seed
  pnpm test:crash --seed N           decides sample, machine, answer and how far a command has come; is printed
  pnpm test:crash --shard 1/4        the first of four parts
  pnpm test:crash --together N       N kills in one run, one after the other: quicker, and less to the point
  pnpm test:crash --stacks N         so many stacks at once (1)
  pnpm test:crash --list             only says which cells these are

The result is also written to .drillbook/crash.json. Exit codes: 0 all passed · 1 one failed · 2 usage
`

const root = process.cwd()

async function main(): Promise<number> {
  const { options, problem } = readArguments()
  if (options.help) {
    say(usage)
    return 0
  }
  const seed = Number(options.seed ?? Math.floor(Math.random() * 1_000_000))
  const names = await listRunbooks(root)
  const wrong = problem ?? unknownRunbook(options.runbook, names)
  if (wrong) {
    process.stderr.write(`${wrong}\n\n${usage}`)
    return 2
  }
  const documents = await Promise.all(names.map((name) => readRunbook(root, name)))
  const cells = select(cellsOf(documents, seed), {
    seed,
    runbook: options.runbook,
    only: options.only,
    shard: shardOf(options.shard),
    runbooks: numberOf(options.runbooks),
    sample: numberOf(options.sample),
  })
  const runs = runsOf(cells, Number(options.together ?? 1))
  say(`Seed ${seed}: ${cells.length} kills in ${runs.length} runs. To repeat it: ${again(seed, options)}\n`)
  if (options.list) {
    for (const cell of cells) say(describe(cell))
    return 0
  }
  scrubOwnEnvironment()
  removeAtExit(root)
  await sweep(root)
  const subjects = new Map<string, Subject>()
  for (const name of new Set(cells.map(({ runbook }) => runbook)))
    subjects.set(name, { drill: await loadDrill(root, name), stage: await stageOf(root, name) })
  const began = performance.now()
  const results = await playMatrix(runs, subjects, {
    stacks: Number(options.stacks ?? 1),
    said: (run) => {
      for (const one of run) say(line(one))
    },
  })
  const inOrder = order(results, cells)
  say(`\n${crashTable(inOrder)}`)
  const seconds = Math.round((performance.now() - began) / 1000)
  say(`Seed ${seed}, ${(seconds / 60).toFixed(1)} min. Written to .drillbook/crash.json`)
  mkdirSync(join(root, '.drillbook'), { recursive: true })
  writeFileSync(
    join(root, '.drillbook', 'crash.json'),
    `${JSON.stringify({ schema: 1, seed, shard: options.shard ?? null, seconds, cells: inOrder }, undefined, 2)}\n`,
  )
  return results.every(({ result }) => result !== 'failed') ? 0 : 1
}

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text))

function line(result: CellResult): string {
  const mark = { passed: '✓', failed: '✗', 'not reached': '–' }[result.result]
  const notes = [
    result.scenario,
    result.waited && 'waited',
    result.asked && 'asked',
    `${result.seconds} s`,
  ].filter(Boolean)
  const why = result.reason ? `\n    ${result.reason}` : ''
  return `${mark} ${describe(result.cell)} (${notes.join(', ')})${why}`
}

function order(results: readonly CellResult[], cells: readonly Cell[]): CellResult[] {
  return results.toSorted((a, b) => cells.indexOf(a.cell) - cells.indexOf(b.cell))
}

interface Options {
  help?: boolean
  list?: boolean
  only?: string
  runbook?: string
  runbooks?: string
  sample?: string
  seed?: string
  shard?: string
  stacks?: string
  together?: string
}

function readArguments(): { options: Options; problem?: string } {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    const { values } = parseArgs({
      options: {
        ...{ help: { ...flag, short: 'h' }, list: flag, only: text, runbook: text, runbooks: text },
        ...{ sample: text, seed: text, shard: text, stacks: text, together: text },
      },
    })
    for (const name of ['runbooks', 'sample', 'seed', 'stacks', 'together'] as const) {
      const least = name === 'seed' ? 0 : 1
      const value = values[name]
      if (value !== undefined && !(/^\d{1,9}$/.test(value) && Number(value) >= least))
        return { options: values, problem: `--${name} takes a number from ${least} on, not “${value}”.` }
    }
    if (values.shard !== undefined && !shardOf(values.shard))
      return { options: values, problem: `--shard takes a part like 1/4, not “${values.shard}”.` }
    return { options: values }
  } catch (error) {
    return { options: {}, problem: (error as Error).message }
  }
}

function shardOf(text: string | undefined): { index: number; of: number } | undefined {
  const [, index = 0, of = 0] = /^(\d{1,3})\/(\d{1,3})$/.exec(text ?? '')?.map(Number) ?? []
  return index >= 1 && index <= of ? { index, of } : undefined
}

function unknownRunbook(name: string | undefined, names: readonly string[]): string | undefined {
  if (name === undefined || names.includes(name)) return undefined
  return `There is no runbook “${name}”. There are: ${names.join(', ')}.`
}

/** The command that makes the same choice. */
function again(seed: number, { runbook, runbooks, only, sample, shard, together }: Options): string {
  const given = Object.entries({
    runbook,
    only: only && `'${only}'`,
    runbooks,
    sample,
    shard,
    together,
    seed: String(seed),
  })
  return ['pnpm test:crash', ...given.flatMap(([name, value]) => (value ? [`--${name} ${value}`] : []))].join(
    ' ',
  )
}

await runProgram(main)
