/**
 * Ctrl-C, SIGTERM and a closed terminal. Commands run in process groups of their own, so the terminal's Ctrl-C
 * reaches only this process: the first is handed to the running command, which may end in order; the second
 * kills its group.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interrupted } from './errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Interruption {
  /** The signal that arrived, if any did. */
  readonly signal: string | undefined
  /** Throws `Interrupted` once a signal has arrived. */
  check(): void
  /** Rejects with `Interrupted` if a signal arrives before the time is over. */
  pause(milliseconds: number): Promise<void>
  /** Names the process group that signals are handed to while it runs; returns the way to end that. */
  guard(group: number): () => void
  /** Forgets the signal: what follows (an undo) may be interrupted on its own. */
  clear(): void
  /** Stops listening. */
  close(): void
}

export function listen(notice: (text: string) => void, source: NodeJS.EventEmitter = process): Interruption {
  let signal: string | undefined
  let group: number | undefined
  let wake: (() => void) | undefined
  const handle = (name: NodeJS.Signals) => {
    const again = signal !== undefined
    signal ??= name
    wake?.()
    if (group === undefined) return
    if (again) {
      notice('Killing the command.')
      signalGroup(group, 'SIGKILL')
    } else {
      notice('Interrupted: waiting for the command to end. Once more kills it.')
      signalGroup(group, name === 'SIGHUP' ? 'SIGTERM' : name)
    }
  }
  for (const name of SIGNALS) source.on(name, handle)
  const check = () => {
    if (signal) throw new Interrupted(signal)
  }
  return {
    get signal() {
      return signal
    },
    check,
    async pause(milliseconds) {
      check()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      wake = undefined
      check()
    },
    guard(running) {
      group = running
      return () => {
        group = undefined
      }
    },
    clear() {
      signal = undefined
    },
    close() {
      for (const name of SIGNALS) source.off(name, handle)
    },
  }
}

/** Sends a signal to a whole process group; one that is gone is no error. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * Sees to it that nothing of a group that was told to end is left: what a command started may outlive it, and hold
 * on to what the next one needs. Waits so many milliseconds, then kills.
 */
export async function endGroup(group: number, grace: number): Promise<void> {
  for (const end = performance.now() + grace; groupLives(group) && performance.now() < end; ) await sleep(50)
  signalGroup(group, 'SIGKILL')
}

/** True while any process of the group lives. One that is dead and waits for its parent to look does not. */
export function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return process.platform !== 'linux' || groupStates(group).some((state) => state !== 'Z' && state !== 'X')
}

/** The states of a group's processes, as /proc tells them. */
function groupStates(group: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // `12 (name) S parent group …`; the name may hold anything.
        const [state = '', , owner] =
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(/.*\) /s)[1]?.split(' ') ?? []
        return Number(owner) === group ? [state] : []
      } catch {
        return []
      }
    })
}
