/** Plays the cells: a stack that is started once and used again, a disaster, a run that dies and goes on, the proof. */
import { execa } from 'execa'
import { readEvidence } from '../../evidence/store.ts'
import { loadEnvironment } from '../../run/environment.ts'
import { journalFile } from '../../run/journal.ts'
import type { Event } from '../../run/journal-schema.ts'
import { guard } from '../../run/lock.ts'
import { readJournal, readLines } from '../../run/read-journal.ts'
import { readTargetJournal } from '../../run/target-journal.ts'
import { oneLine, playOn, type Stage } from '../play.ts'
import type { Played } from '../played.ts'
import { pool } from '../pool.ts'
import { played } from '../script.ts'
import { shareStacks } from '../stacks.ts'
import type { Drill, Scenario, Stack } from '../types.ts'
import type { Cell } from './cells.ts'
import { containerMachine, thisMachine } from './machines.ts'
import { type Crash, type Crashed, playThrough, type Survived } from './operator.ts'

export interface Subject {
  drill: Drill
  stage: Stage
}

export interface CellResult {
  cell: Cell
  scenario: string
  /** `not reached`: the command stands under a condition that did not hold. */
  result: 'passed' | 'failed' | 'not reached'
  /** What the journal said was running. */
  running?: string
  waited: boolean
  asked: boolean
  /** Of the whole play, which may have had several kills. */
  seconds: number
  rows: number
  reason?: string
}

/** Plays every run; `said` hears of each one's cells when it has ended. A stack on which a run failed is not used again. */
export async function playMatrix(
  runs: readonly (readonly Cell[])[],
  subjects: ReadonlyMap<string, Subject>,
  { stacks, said }: { stacks: number; said(results: CellResult[]): void },
): Promise<CellResult[]> {
  const results: CellResult[] = []
  await using shared = shareStacks()
  const jobs = runs.map((cells) => async () => {
    const [first] = cells
    const subject = first && subjects.get(first.runbook)
    if (!subject) throw new Error(`There is no drill of “${first?.runbook}”.`)
    const began = Date.now()
    const { drill, stage } = subject
    const scenario = scenarioOf(drill, first.scenario)
    const outcome = await shared
      .use({ root: stage.root, system: drill.system, before: scenario.before }, async (stack) => {
        const result = await playRun(cells, scenario, subject, stack)
        return { result, whole: result.every((each) => each.result !== 'failed') }
      })
      .catch((error: unknown) => failedRun(cells, oneLine(error)))
    const seconds = Math.round((Date.now() - began) / 100) / 10
    const all = outcome.map((result) => ({ ...result, seconds }))
    results.push(...all)
    said(all)
  })
  await pool(jobs, stacks)
  return results
}

function failedRun(cells: readonly Cell[], reason: string): Omit<CellResult, 'seconds'>[] {
  return cells.map((cell) => ({
    ...{ cell, scenario: '', result: 'failed' as const, waited: false, asked: false, rows: 0, reason },
  }))
}

/** One disaster, one run with a kill for each cell, one comparison. */
async function playRun(
  cells: readonly Cell[],
  scenario: Scenario<object>,
  { drill, stage }: Subject,
  stack: Stack,
): Promise<Omit<CellResult, 'seconds'>[]> {
  const usual = usualSeconds(stage.root, drill.runbook)
  const crashes = cells.map((cell) => crashOf(cell, usual))
  let survived: Survived | undefined
  let problems: string[] = []
  const act = async (params: Record<string, string>): Promise<Played> => {
    const machine = thisMachine(stage.root)
    const elsewhere = containerMachine(`drillbook/base:${stack.env.IMAGE_TAG ?? 'dev'}`)
    survived = await playThrough({
      ...{ machine, runbook: drill.runbook, on: stack.name, params, crashes, elsewhere },
    })
    const { run, exit, message } = survived
    try {
      const events = readJournal(survived.machine.root, run)
      problems = [...wrong(events), ...(await leftBehind(stack, survived))]
      return { ...played(events, '', stack.name), done: exit === 0, message }
    } finally {
      survived.machine[Symbol.dispose]()
    }
  }
  const { play } = await playOn(drill, { scenario, rendition: 'script' }, stack, {
    act,
    document: stage.document,
  })
  if (play.reason) problems.unshift(play.reason)
  return cells.map((cell, index) => {
    const what: Crashed = survived?.crashed[index] ?? { reached: false, waited: false, asked: false }
    const own =
      what.reached || !cell.point.sure ? problems : ['The run never came to this point.', ...problems]
    const result = own.length > 0 ? 'failed' : what.reached ? 'passed' : 'not reached'
    return {
      ...{ cell, scenario: scenario.scenario, result, rows: play.rows?.compared ?? 0 },
      ...{ waited: what.waited, asked: what.asked },
      ...(what.running !== undefined && { running: what.running }),
      ...(own.length > 0 && { reason: own.join('; ') }),
    }
  })
}

/** Those with which mutants are tried: the quick ones that notice most. */
function scenarioOf({ scenarios, runbook }: Drill, number: number): Scenario<object> {
  const chosen = scenarios.filter(({ mutants, phases }) => mutants && !phases)
  const all = chosen.length > 0 ? chosen : scenarios
  const scenario = all[number % all.length]
  if (!scenario) throw new Error(`The drill of “${runbook}” has no scenario.`)
  // A run that dies several times is not judged by how long it takes, nor by what it did again.
  const { atOnce: _, limits, ...rest } = scenario
  return { ...rest, limits: { ...limits, rto: Number.POSITIVE_INFINITY } }
}

function crashOf({ point, where, answer, part }: Cell, usual: ReadonlyMap<string, number>): Crash {
  const { moment, step, command } = point
  // Without evidence: as long as most commands take at least.
  const delay = moment === 'during' ? Math.round(part * (usual.get(step) ?? 0.5) * 1000) : 0
  return { kill: { moment, step, command, delay }, where, answer }
}

/** How long each step takes, by the runbook's evidence. */
function usualSeconds(root: string, runbook: string): Map<string, number> {
  const reading = readEvidence(root, runbook)
  if (reading.kind !== 'evidence') return new Map()
  const play = reading.evidence.plays.find(({ rendition }) => rendition === 'script')
  return new Map(play?.steps.map(({ slug, seconds }) => [slug, seconds]))
}

/** What a journal must never say, however often the run died. */
export function wrong(events: readonly Event[]): string[] {
  const problems: string[] = []
  const ended = new Map<string, number>()
  for (const event of events) {
    if (event.event === 'step-start' && ended.has(event.step))
      problems.push(`“${event.step}” was finished, and began again`)
    if (event.event === 'step-skip' || (event.event === 'step-end' && event.result === 'done'))
      ended.set(event.step, (ended.get(event.step) ?? 0) + 1)
  }
  const last = events.at(-1)
  if (last?.event !== 'run-end' || last.result !== 'done')
    return [...problems, 'The journal does not end with the end of the run.']
  const [start] = events
  const planned = start?.event === 'run-start' ? start.plan : []
  for (const { type, slug } of planned) {
    const times = ended.get(slug) ?? 0
    if (type === 'step' && times !== 1) problems.push(`“${slug}” was finished ${times} times`)
  }
  return problems
}

/** What a run must not leave: a lock, a journal that differs from the target's, a container that still works. */
export async function leftBehind(
  stack: Stack,
  { machine, run }: Pick<Survived, 'machine' | 'run'>,
): Promise<string[]> {
  const problems: string[] = []
  const environment = loadEnvironment(machine.root, stack.name)
  const lock = await guard(machine.root, environment, ['show', '--json'])
  if (!/"held": *false/.test(lock.stdout))
    problems.push(`The lock is still held: ${lock.stdout}${lock.stderr}`)
  const there = await readTargetJournal(machine.root, environment, run)
  const here = readLines(machine.root, run)
  if (there?.join('\n') !== here.join('\n'))
    problems.push(`The target's journal is not the one of ${journalFile('', run)}`)
  const filters = ['label=com.docker.compose.oneoff=True', `label=com.docker.compose.project=${stack.name}`]
  const { stdout } = await execa(
    'docker',
    ['ps', '--format', '{{.Names}}', ...filters.flatMap((filter) => ['--filter', filter])],
    { env: stack.env, extendEnv: false },
  )
  if (stdout.trim())
    problems.push(`Containers of the run still work: ${stdout.trim().replaceAll('\n', ', ')}`)
  return problems
}
