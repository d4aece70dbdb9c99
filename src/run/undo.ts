/** Goes back over finished steps, newest first, with entries of its own in the journal. */
import { since } from './command.ts'
import { Interrupted } from './errors.ts'
import { explain, type Undo } from './play.ts'
import type { Recorder } from './recorder.ts'

export interface UndoResult {
  result: 'done' | 'failed' | 'interrupted'
  step?: string
  error?: unknown
}

export interface UndoRequest {
  by: 'operator' | 'runbook'
  recorder: Recorder
  /** Steps that are undone already. */
  undone?: ReadonlySet<string>
  /** The step whose undo the operator says has happened. */
  marked?: string | undefined
}

/** Undoes what is not undone yet. Stops at the first undo that fails: those before it may depend on it. */
export async function runUndos(
  undos: readonly Undo[],
  { by, recorder, undone = new Set(), marked }: UndoRequest,
): Promise<UndoResult> {
  const left = undos.filter(({ step }) => !undone.has(step)).reverse()
  await recorder.emit({ event: 'undo-start', by, steps: left.map(({ step }) => step) })
  for (const { step, title, run } of left) {
    await recorder.emit({ event: 'undo-step-start', step, title })
    if (step === marked) {
      await recorder.emit({ event: 'undo-step-end', step, result: 'done', seconds: 0, marked: true })
      continue
    }
    const began = performance.now()
    try {
      await run()
      await recorder.emit({ event: 'undo-step-end', step, result: 'done', seconds: since(began) })
    } catch (error) {
      const result = error instanceof Interrupted ? 'interrupted' : 'failed'
      const seconds = since(began)
      await recorder.emit({ event: 'undo-step-end', step, result, seconds, error: explain(error) })
      await recorder.emit({ event: 'undo-end', result })
      return { result, step, error }
    }
  }
  await recorder.emit({ event: 'undo-end', result: 'done' })
  return { result: 'done' }
}
