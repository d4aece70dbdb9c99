/** How far a run came: what its events add up to. */
import type { Event, EventOf, Purpose } from './journal-schema.ts'

export interface Finished {
  /** What the step returned; `''` if it has no value. */
  value: string
  /** False if it had happened before the run, or someone else did it: then it is not ours to undo. */
  undo: boolean
}

export interface OpenCommand {
  command: string
  purpose: Purpose
  at: string
  /** Its process group on `host`. */
  pid?: number
  born?: string
}

export interface Open {
  step: string
  at: string
  /** True if it is its undo that had begun. */
  undo: boolean
  command?: OpenCommand
  commands: EventOf<'command-end'>[]
}

export interface Progress {
  start: EventOf<'run-start'>
  /** Who played it last: the start, or the newest resume. */
  last: EventOf<'run-start'> | EventOf<'run-resume'>
  finished: Map<string, Finished>
  /** Steps whose undo succeeded. */
  undone: Set<string>
  /** The step, or the undo of a step, that had begun and has no end: the process died in it. */
  open?: Open
  /** The step that ended badly, with its last command. */
  failed?: { end: EventOf<'step-end'>; command?: EventOf<'command-end'> }
  /** The same for an undo. It does not take the place of the first error. */
  failedUndo?: { end: EventOf<'undo-step-end'>; command?: EventOf<'command-end'> }
  /** True from the first undo on: then there is no way forward. */
  undoing: boolean
  end?: EventOf<'run-end'>
}

export function progress(events: readonly Event[]): Progress | undefined {
  const [start] = events
  if (start?.event !== 'run-start') return undefined
  const state: Progress = { start, last: start, finished: new Map(), undone: new Set(), undoing: false }
  for (const event of events) advance(state, event)
  return state
}

/** Takes one more event into account. */
export function advance(state: Progress, event: Event): void {
  switch (event.event) {
    case 'run-resume':
      state.last = event
      delete state.end
      break
    case 'step-start':
      state.open = { step: event.step, at: event.at, undo: false, commands: [] }
      delete state.failed
      break
    case 'command-start':
      if (state.open) state.open.command = { command: event.command, purpose: event.purpose, at: event.at }
      break
    case 'command-running':
      if (state.open?.command) {
        state.open.command.pid = event.pid
        if (event.born !== undefined) state.open.command.born = event.born
      }
      break
    case 'command-end':
      if (state.open) {
        delete state.open.command
        state.open.commands.push(event)
      }
      break
    case 'step-skip':
      state.finished.set(event.step, { value: '', undo: event.undo })
      delete state.open
      delete state.failed
      break
    case 'step-end':
      endStep(state, event)
      break
    case 'confirm':
      if (event.answer === 'yes') state.finished.set(event.step, { value: '', undo: false })
      break
    case 'undo-start':
      state.undoing = true
      delete state.open
      break
    case 'undo-step-start':
      state.open = { step: event.step, at: event.at, undo: true, commands: [] }
      delete state.failedUndo
      break
    case 'undo-step-end':
      endUndo(state, event)
      break
    case 'run-end':
      state.end = event
      break
  }
}

function endStep(state: Progress, event: EventOf<'step-end'>): void {
  if (event.result === 'done') {
    state.finished.set(event.step, { value: event.value ?? '', undo: true })
  } else {
    const command = state.open?.commands.at(-1)
    state.failed = { end: event, ...(command && { command }) }
  }
  delete state.open
}

function endUndo(state: Progress, event: EventOf<'undo-step-end'>): void {
  if (event.result === 'done') {
    state.undone.add(event.step)
  } else {
    const command = state.open?.commands.at(-1)
    state.failedUndo = { end: event, ...(command && { command }) }
  }
  delete state.open
}

/** What happened to the run, in one word for lists. */
export function outcome(state: Progress): 'done' | 'failed' | 'interrupted' | 'undone' | 'unfinished' {
  return state.end?.result ?? 'unfinished'
}
