/** Where the time of a run went: in steps, going back, between steps, and while no process played it. Pure. */
import type { Event } from '../run/journal-schema.ts'

/** In seconds. */
export interface Times {
  /** From the first event to the last. */
  total: number
  /** In steps, whatever became of them. */
  steps: number
  back: number
  /** Between steps, while a process played the run: questions to the operator, lock and journal. */
  between: number
  /** After a process had ended or died, until the next one took the run up. */
  nobody: number
}

export interface Attempt {
  title: string
  /** Times it was begun. */
  attempts: number
  /** The last result; `unfinished` if the process died in it. */
  result: string
  /** Of all attempts that came to an end. */
  seconds: number
}

export function times(events: readonly Event[]): Times {
  const sum = { steps: 0, back: 0, nobody: 0 }
  let open: string | undefined
  for (const [index, event] of events.entries()) {
    const before = events[index - 1]
    if (event.event === 'run-resume' && before) {
      // The process died in a step: nobody knows how long that went on.
      if (open !== undefined) sum.steps += Math.max(0, between(open, before.at))
      open = undefined
      sum.nobody += Math.max(0, between(before.at, event.at))
    }
    if (event.event === 'step-start') open = event.at
    if (event.event === 'step-end') sum.steps += event.seconds
    if (event.event === 'step-end' || event.event === 'step-skip') open = undefined
    if (event.event === 'undo-step-end') sum.back += event.seconds
  }
  const total = Math.max(0, between(events[0]?.at ?? '', events.at(-1)?.at ?? '') || 0)
  return { ...sum, total, between: Math.max(0, total - sum.steps - sum.back - sum.nobody) }
}

/** Each step and each undo that began, in the order of their first beginning. */
export function attempts(events: readonly Event[]): Attempt[] {
  const all = new Map<string, Attempt>()
  const begin = (key: string, title: string) => {
    const attempt = all.get(key) ?? { title, attempts: 0, result: '', seconds: 0 }
    all.set(key, { ...attempt, attempts: attempt.attempts + 1, result: 'unfinished' })
  }
  const end = (key: string, result: string, seconds: number) => {
    const attempt = all.get(key)
    if (attempt) all.set(key, { ...attempt, result, seconds: attempt.seconds + seconds })
  }
  for (const event of events) {
    if (event.event === 'step-start') begin(event.step, event.title)
    if (event.event === 'undo-step-start') begin(`undo ${event.step}`, `Going back: ${event.title}`)
    if (event.event === 'step-end') end(event.step, event.result, event.seconds)
    if (event.event === 'step-skip')
      end(event.step, event.reason === 'unless' ? 'had already happened' : 'marked as done', 0)
    if (event.event === 'undo-step-end')
      end(`undo ${event.step}`, event.marked ? 'marked as done' : event.result, event.seconds)
  }
  return [...all.values()]
}

function between(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000
}
