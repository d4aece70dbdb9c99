/** One play: a stack, a disaster, the runbook in one rendition, and the comparison of what is left. */
import type { Play } from '../evidence/schema.ts'
import type { Document } from '../runbook/document.ts'
import { milliseconds } from '../runbook/duration.ts'
import { artefacts, leaks } from './canary.ts'
import { type Comparison, openLedger } from './ledger.ts'
import { watch } from './measure.ts'
import { medianOfThree, Outlier } from './outlier.ts'
import type { PageBlock } from './page.ts'
import type { Played } from './played.ts'
import { playScript, round } from './script.ts'
import { playShell } from './shell.ts'
import type { Stacks } from './stacks.ts'
import type { Paste } from './terminal.ts'
import type { Digest, Drill, Phase, Rendition, Scenario, Scene, Stack } from './types.ts'

/** What a play needs besides the stack: how the runbook is played there. */
export interface Stage {
  /** The checkout whose runbook is played: another one for a mutant. */
  root: string
  document: Document
  /** The page's blocks; read when the first shell needs them. */
  blocks(): PageBlock[]
}

export interface PlayRequest {
  scenario: Scenario<object>
  phase?: Phase<object> | undefined
  rendition: Rendition
  paste?: Paste
}

export interface PlayResult {
  play: Play
  played: Played | undefined
  /** What must be in nothing that is made of this play. Never written anywhere. */
  secrets: Record<string, string>
  /** What was measured beyond its limit, if nothing else was wrong. */
  outlier?: string | undefined
}

/** Rows that must be in the ledger before anything happens, and after the runbook was played. */
const rowsBefore = 40
const rowsAfter = 5

/**
 * Plays one scenario: once, or three times where a measurement is beyond its limit. Never rejects: what goes wrong is
 * the play's reason.
 */
export function playScenario(
  drill: Drill,
  request: PlayRequest,
  stage: Stage,
  stacks: Stacks,
): Promise<PlayResult> {
  return medianOfThree(() => playOnce(drill, request, stage, stacks))
}

async function playOnce(
  drill: Drill,
  request: PlayRequest,
  stage: Stage,
  stacks: Stacks,
): Promise<PlayResult> {
  try {
    const { before, spent = false } = request.scenario
    return await stacks.use({ root: stage.root, system: drill.system, before }, async (stack) => {
      const act = (params: Record<string, string>) => perform(stack, request, stage, params)
      const played = await playOn(drill, request, stack, { act, document: stage.document })
      const whole = !spent && (played.play.result === 'passed' || played.outlier !== undefined)
      return { result: played, whole }
    })
  } catch (error) {
    const play = { ...unplayed(request), reason: oneLine(error) }
    return { play, played: undefined, secrets: {} }
  }
}

export interface Acting {
  document: Document
  /** Plays the runbook. */
  act(params: Record<string, string>): Promise<Played>
  /** Hears that the disaster has happened, and how many rows the system had promised to keep. */
  happened?(promised: number): void
}

/**
 * Plays one scenario on a stack that is up. What the runbook left is compared also if it failed, since then the
 * question is what was lost.
 */
export async function playOn(
  drill: Drill,
  { scenario, phase, rendition, paste }: PlayRequest,
  stack: Stack,
  { act, document, happened }: Acting,
): Promise<PlayResult> {
  const { system } = drill
  const tools = await system.tools(stack)
  const ledger = await openLedger(system.ledger(stack))
  const scene: Scene = {
    stack,
    ledger,
    before: '',
    notes: {},
    async play(params) {
      const played = await playScript({ root: stack.root, runbook: drill.runbook, on: stack.name, params })
      if (!played.done) throw new Error(`The earlier run of the runbook failed: ${played.message}`)
    },
  }
  const context = Object.assign(scene, tools)
  const users = watch(() => scenario.serving?.(context) ?? system.serving(stack))
  try {
    const [tables, objects, databaseBytes] = await Promise.all([
      system.tables(stack),
      system.objects(stack),
      system.databaseBytes(stack),
      ledger.written(rowsBefore),
    ])
    await scenario.prepare?.(context)
    await phase?.reach(context)
    scene.before = await system.now(stack)
    const disaster = Date.now()
    await scenario.disaster(context)
    const params = scenario.params?.(context) ?? {}
    const chosen = scenario.moment?.(context)
    const moment = chosen === undefined ? undefined : toMilliseconds(chosen)
    happened?.(ledger.entries.filter((entry) => entry.acknowledged).length)

    const played = await act(params)
    const problems = played.done ? [] : [`The runbook stopped: ${lastLine(played.message)}`]
    const rto = await users.recovered(disaster, played.done ? 30 : 5).catch((error: Error) => {
      problems.push(error.message)
      return null
    })
    users.stop()
    await ledger
      .written(rowsAfter, played.done ? 30 : 3)
      .catch((error: Error) => problems.push(error.message))
    await ledger.stop()
    const rows = await ledger.compare({ disaster, moment }).catch((error: Error) => {
      problems.push(`The ledger could not be read: ${lastLine(error.message)}`)
      return null
    })
    let compared: Play['objects'] = null
    let outlier: string | undefined
    if (rows) {
      problems.push(...rows.problems, ...overLimits({ rto, rpo: rows.rpo }, document, scenario))
      if (scenario.sameTables !== false)
        problems.push(...differences('table', tables, await system.tables(stack)))
      const after = await system.objects(stack)
      // What it adds may be there since an earlier play.
      for (const added of scenario.newObjects ?? []) {
        delete objects[added]
        delete after[added]
      }
      const different = differences('object', objects, after)
      compared = { compared: Object.keys(objects).length, different: different.length }
      problems.push(...different)
      for (const check of [scenario.verify, scenario.atOnce])
        await check?.({ ...context, rows }).catch((error: Error) => {
          if (error instanceof Outlier) outlier = oneLine(error)
          problems.push(oneLine(error))
        })
    }
    const secrets = (await system.secrets?.(stack)) ?? {}
    problems.push(...leaks(secrets, await artefacts(stack, played)))
    const play: Play = {
      ...unplayed({ scenario, phase, rendition, ...(paste ? { paste } : {}) }),
      result: problems.length === 0 ? 'passed' : 'failed',
      rto: rto === null ? null : round(rto),
      rpo: rows?.rpo === null || rows?.rpo === undefined ? null : round(rows.rpo),
      discarded: moment === undefined ? null : round((disaster - moment) / 1000),
      rows: rows && pick(rows),
      objects: compared,
      databaseBytes,
      steps: played.steps,
    }
    delete play.reason
    if (problems.length > 0) play.reason = problems.slice(0, 3).join('; ')
    return { play, played, secrets, ...(problems.length === 1 && { outlier }) }
  } finally {
    users.stop()
    await ledger.stop()
    await tools.close()
  }
}

/** Plays the runbook on the stack in the wanted rendition. */
export function perform(
  stack: Stack,
  request: PlayRequest,
  stage: Stage,
  params: Record<string, string>,
): Promise<Played> {
  const { rendition, paste = 'bracketed' } = request
  const { root, document } = stage
  if (rendition === 'script') return playScript({ root, runbook: document.name, on: stack.name, params })
  return playShell({
    root,
    shell: rendition,
    paste,
    blocks: stage.blocks(),
    on: stack.name,
    params,
    titles: titles(document),
  })
}

/** Slug → title of every step, included ones too. */
export function titles(document: Document): Map<string, string> {
  const entries = (items: Document['items']): [string, string][] =>
    items.flatMap((item) =>
      item.type === 'include' ? entries(item.items) : item.type === 'step' ? [[item.slug, item.title]] : [],
    )
  return new Map(entries(document.items))
}

function unplayed({ scenario, phase, rendition }: PlayRequest): Play {
  return {
    scenario: scenario.scenario,
    ...(phase ? { phase: phase.name } : {}),
    rendition,
    result: 'failed',
    rto: null,
    rpo: null,
    discarded: null,
    rows: null,
    objects: null,
    databaseBytes: null,
    steps: [],
    reason: 'It was not played.',
  }
}

function pick({ acknowledged, compared, missing, unexpected }: Comparison): NonNullable<Play['rows']> {
  return { acknowledged, compared, missing, unexpected }
}

function overLimits(
  measured: { rto: number | null; rpo: number | null },
  { objective }: Document,
  { limits = {} }: Scenario<object>,
): string[] {
  return (['rto', 'rpo'] as const).flatMap((name) => {
    const value = measured[name]
    const limit = limits[name] ?? (milliseconds(objective[name] ?? '') ?? Infinity) / 1000
    if (value === null || value <= limit) return []
    return [`${name.toUpperCase()} ${value.toFixed(1)} s is more than ${limit} s`]
  })
}

/** What is not as it was, one line a name, the first few. */
export function differences(kind: string, before: Digest, after: Digest): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name) => {
    if (before[name] === after[name]) return []
    const what = !(name in after) ? 'is gone' : !(name in before) ? 'is new' : 'has other content'
    return [`the ${kind} ${name} ${what}`]
  })
}

/** Milliseconds of a moment as a runbook takes it, in full precision: `2026-01-31 14:05:09.250123+00`. */
export function toMilliseconds(moment: string): number {
  const whole = Date.parse(
    moment
      .replace(/\.\d+/, '')
      .replace(' ', 'T')
      .replace(/([+-]\d\d)$/, '$1:00'),
  )
  if (Number.isNaN(whole)) throw new Error(`“${moment}” is no moment.`)
  return whole + Number(`0${/\.\d+/.exec(moment)?.[0] ?? ''}`) * 1000
}

export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, 12)
    .join(' | ')
    .slice(0, 1200)
}

function lastLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(-3)
    .join(' | ')
    .slice(0, 400)
}
