/**
 * Whether the drill would notice: each command of the runbook is deleted in turn, and what is left is drilled.
 *
 * A deleted command becomes `true`: it succeeds and does nothing. To take out the whole statement would leave
 * steps without a command, which the language refuses before anything runs, and would prove nothing about the drill.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Document, Item, Statement } from '../runbook/document.ts'
import { copyCheckout } from './checkout.ts'
import { oneLine, playScenario } from './play.ts'
import { pool } from './pool.ts'
import { stageOf } from './prove.ts'
import { sweep } from './stack.ts'
import { shareStacks } from './stacks.ts'
import { playTwin } from './twin.ts'
import type { Drill } from './types.ts'

export interface Mutant {
  /** The command as it stands in the source, without its quotes. */
  command: string
  file: string
  line: number
  column: number
  /** True for a command that goes back: only a run that fails plays it. */
  undo: boolean
}

/** Drills every mutant; true if each was caught, or is listed in the drill with the reason why it may survive. */
export async function tryMutants(
  root: string,
  drill: Drill,
  { only, twins = true, say }: { only?: string | undefined; twins?: boolean; say(line: string): void },
): Promise<boolean> {
  const { document } = await stageOf(root, drill.runbook)
  const mutants = mutantsOf(document, (file) => readFileSync(join(root, file), 'utf8'))
  const chosen = mutants.filter(({ command }) => !only || command.includes(only))
  const folder = join(root, '.drillbook', 'mutants')
  let bad = 0
  say(`${chosen.length} mutants of ${drill.runbook}`)
  const jobs = chosen.map((mutant, index) => async () => {
    const where = `${mutant.file}:${mutant.line}  ${mutant.command}`
    const copy = join(folder, String(index))
    const verdict = await judge(root, copy, twins ? drill : { ...drill, twins: [] }, mutant)
    const listed = drill.survivors.find(
      ({ command, undo = false }) => mutant.command.includes(command) && mutant.undo === undo,
    )
    if (verdict?.tried) say(`✓ caught    ${where}\n            ${verdict.how}`)
    else if (verdict) {
      bad++
      say(`✗ NOT TRIED ${where}\n            ${verdict.how}`)
    } else if (listed) say(`· survives  ${where}\n            ${listed.why}`)
    else {
      bad++
      say(`✗ SURVIVES  ${where}`)
    }
  })
  await pool(jobs, 2)
  rmSync(folder, { recursive: true, force: true })
  say(`\n${chosen.length} mutants, ${bad} survived without a reason.`)
  return bad === 0
}

interface Verdict {
  /** False if a play did not come as far as the runbook: that says nothing about the mutant. */
  tried: boolean
  /** How the mutant was caught, or why it was not tried, in one line. */
  how: string
}

/** Undefined if the mutant was not caught. */
async function judge(root: string, copy: string, drill: Drill, mutant: Mutant): Promise<Verdict | undefined> {
  await checkout(root, copy)
  const file = join(copy, mutant.file)
  writeFileSync(file, without(readFileSync(file, 'utf8'), mutant))
  let stage: Awaited<ReturnType<typeof stageOf>>
  try {
    stage = await stageOf(copy, drill.runbook)
  } catch (error) {
    return { tried: true, how: `refused by the language: ${oneLine(error).slice(0, 200)}` }
  }
  await using stacks = shareStacks()
  // An undo is played by a run that fails, and only by that.
  for (const scenario of drill.scenarios.filter(({ mutants }) => mutants && !mutant.undo)) {
    const request = { scenario, rendition: 'script' as const, phase: scenario.phases?.[0] }
    const { play, played } = await playScenario(drill, request, stage, stacks)
    if (play.result === 'failed')
      return { tried: played !== undefined, how: `${scenario.scenario}: ${play.reason?.slice(0, 240)}` }
  }
  for (const twin of drill.twins.filter(({ mutants }) => mutants)) {
    const { twin: of, played } = await playTwin(drill, twin, stage, stacks)
    if (of.result === 'failed')
      return { tried: played !== undefined, how: `${of.scenario}: ${of.message.slice(0, 240)}` }
  }
  return undefined
}

async function checkout(root: string, copy: string): Promise<void> {
  mkdirSync(join(copy, 'environments'), { recursive: true })
  await sweep(copy)
  copyCheckout(root, copy, ['sandbox'])
}

/** Every command of the runbook and of what it includes, each once. */
export function mutantsOf(document: Document, source: (file: string) => string): Mutant[] {
  const found: Mutant[] = []
  const add = ({ position }: Command, undo: boolean) => {
    const { file, line, column } = position
    if (found.some((other) => other.file === file && other.line === line && other.column === column)) return
    const [start, end] = template(source(file), { line, column })
    found.push({ command: source(file).slice(start + 1, end), file, line, column, undo })
  }
  const body = (statements: readonly Statement[], undo: boolean): void => {
    for (const statement of statements) {
      if (statement.type === 'command' || statement.type === 'retry') add(statement.command, undo)
      if (statement.type === 'if') {
        if (statement.condition.test.type === 'ok') add(statement.condition.test.command, undo)
        body(statement.then, undo)
        body(statement.otherwise, undo)
      }
      if (statement.type === 'for') body(statement.body, undo)
    }
  }
  const walk = (items: readonly Item[]): void => {
    for (const item of items) {
      if (item.type === 'include') walk(item.items)
      if (item.type !== 'step') continue
      if (item.unless) add(item.unless, false)
      body(item.body, false)
      body(item.undo ?? [], true)
    }
  }
  walk(document.items)
  return found
}

/** The source with the mutant's command replaced by one that does nothing. */
export function without(source: string, mutant: Pick<Mutant, 'line' | 'column'>): string {
  const [start, end] = template(source, mutant)
  return `${source.slice(0, start + 1)}true${source.slice(end)}`
}

/** Offsets of the two backticks of the command at a position. A command has none inside. */
function template(source: string, { line, column }: { line: number; column: number }): [number, number] {
  const lines = source.split('\n')
  const offset = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1
  const start = source.indexOf('`', offset)
  const end = source.indexOf('`', start + 1)
  if (start === -1 || end === -1) throw new Error(`There is no command at line ${line}, column ${column}.`)
  return [start, end]
}
