/** A negative twin: something is broken, the runbook must stop and say why, and nothing may be lost. */
import type { Twin as Result } from '../evidence/schema.ts'
import type { Document } from '../runbook/document.ts'
import { openLedger } from './ledger.ts'
import { watch } from './measure.ts'
import { differences, oneLine, type Stage } from './play.ts'
import type { Played } from './played.ts'
import { playScript, undoScript } from './script.ts'
import type { Stacks } from './stacks.ts'
import type { Drill, Scene, Stack, Twin } from './types.ts'

export interface TwinResult {
  twin: Result
  /** Undefined if it did not come as far as the runbook. */
  played: Played | undefined
}

/** Plays a twin. Never rejects. Its stack is used again if it puts right what it broke. */
export async function playTwin(
  drill: Drill,
  twin: Twin<object>,
  stage: Stage,
  stacks: Stacks,
): Promise<TwinResult> {
  let played: Played | undefined
  try {
    const { before } = twin
    return await stacks.use({ root: stage.root, system: drill.system, before }, async (stack) => {
      const result = await playOn(drill, twin, stack, stage, (done) => (played = done))
      const whole = result.result === 'passed' && twin.mend !== undefined
      return { result: { twin: result, played }, whole }
    })
  } catch (error) {
    return { twin: { scenario: twin.twin, result: 'failed', message: oneLine(error) }, played }
  }
}

/** `heard` is told how the runbook ended, whatever comes of it afterwards. */
async function playOn(
  drill: Drill,
  twin: Twin<object>,
  stack: Stack,
  stage: Stage,
  heard: (played: Played) => void,
): Promise<Result> {
  const { system, runbook } = drill
  const tools = await system.tools(stack)
  const ledger = await openLedger(system.ledger(stack))
  const users = watch(() => system.serving(stack))
  try {
    const scene: Scene = {
      stack,
      ledger,
      before: '',
      notes: {},
      play: () => Promise.reject(new Error('Not in a twin.')),
    }
    const context = Object.assign(scene, tools)
    const [tables, objects, lineage] = await Promise.all([
      system.tables(stack),
      system.objects(stack),
      system.ledger(stack).lineage(),
      ledger.written(30),
    ])
    scene.before = await system.now(stack)
    await ledger.written(20)
    await twin.break(context)
    const request = { root: stack.root, runbook, on: stack.name, params: twin.params?.(context) ?? {} }
    const began = Date.now()
    const played = await playScript(request)
    heard(played)
    const problems: string[] = []
    let { message } = played
    if (played.done) problems.push('The runbook did not stop.')
    else if (!twin.message.test(message))
      problems.push(`The message does not say ${twin.message}: ${message}`)
    const finished = new Set(played.steps.slice(0, -1).map(({ slug }) => slug))
    // One that goes back by itself has done so; what that left is compared below.
    const asks = stage.document.onFailure === 'ask'
    if (asks && !played.done && played.run && hasUndo(stage.document, finished)) {
      const undone = await undoScript(request, played.run)
      if (!undone.done) problems.push(`Going back failed: ${undone.message}`)
      message = `${message}\n${undone.message}`.trim()
    }
    await twin.mend?.(context)

    // As it was: served, written to, the same history, every acknowledged row, every table and object.
    await users.recovered(began, 30).catch((error: Error) => problems.push(error.message))
    await ledger.written(5, 30).catch((error: Error) => problems.push(error.message))
    await ledger.stop()
    const after = await system.ledger(stack).lineage()
    if (after !== lineage) problems.push(`The database went over to another history: ${lineage} → ${after}`)
    const rows = await ledger.compare({ disaster: Date.now() })
    problems.push(...rows.problems)
    problems.push(...differences('table', tables, await system.tables(stack)))
    problems.push(...differences('object', objects, await system.objects(stack)))
    const scenario = twin.twin
    if (problems.length > 0) return { scenario, result: 'failed', message: oneLine(problems.join('\n')) }
    return { scenario, result: 'passed', message: shown(message, twin.message) }
  } finally {
    users.stop()
    await ledger.stop()
    await tools.close()
  }
}

/** True if one of the finished steps says how to go back. */
function hasUndo({ items }: Pick<Document, 'items'>, finished: ReadonlySet<string>): boolean {
  return items.some((item) =>
    item.type === 'include'
      ? hasUndo(item, finished)
      : item.type === 'step' && item.undo && finished.has(item.slug),
  )
}

/** The line of the message that says what the twin expects. */
function shown(message: string, expected: RegExp): string {
  const lines = message.split('\n').map((line) => line.trim())
  return (lines.find((line) => expected.test(line)) ?? lines[0] ?? '').slice(0, 300)
}
