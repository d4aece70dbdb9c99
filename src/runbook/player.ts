/**
 * Who plays the runbook. The language (`$`, `step`, …) knows nothing of journals, locks or terminals: it hands
 * each thing that happens to the player that was seated before the script was imported.
 */
import type { ProcessOutput } from 'zx'

/** One use of `$` inside a step, before it starts. */
export interface CommandCall {
  /** The command as the reader sees it: `docker compose stop app`, values in place of names, shell-quoted. */
  display: string
  /** The template: literal parts, one more than there are values. */
  parts: readonly string[]
  /** The interpolated values, in order; each reaches bash as an environment variable. */
  values: readonly string[]
}

export interface StepOptions {
  /** If this command succeeds, the step has already happened and is not played. */
  unless?: () => Promise<unknown>
  /** How to go back. */
  undo?: () => Promise<unknown>
  /** How long the step may take: `10m`. */
  timeout?: string
}

export interface Player {
  /** Called by `runbook()`; returns the validated value of every param. */
  begin(definition: { params: readonly string[] }): Record<string, string>
  /** Plays or skips one step; resolves to its value (`''` if it has none). */
  step(title: string, body: () => Promise<unknown>, options: StepOptions): Promise<string>
  /** Runs one command; rejects if it fails. `quiet` commands are tests whose failure is an answer. */
  command(call: CommandCall, options: { test: boolean }): Promise<ProcessOutput>
  /** Asks the operator; rejects unless the answer is yes. */
  confirm(question: string): Promise<void>
  /** Plays another runbook's steps in this place. */
  include(name: string, params: Record<string, string>): Promise<void>
  /** Waits between two attempts of `retry`; rejects when the run is interrupted. Absent: a plain timer. */
  pause?(milliseconds: number): Promise<void>
}

let seated: Player | undefined

/** Seats the player for this process. One process plays one runbook once. */
export function seat(player: Player): void {
  if (seated) throw new Error('A runbook is already being played in this process.')
  seated = player
}

/** The seated player. Throws, naming the command to use, if the script was started without the CLI. */
export function player(): Player {
  if (!seated) {
    throw new Error('This is a runbook. Play it with:  pnpm runbook NAME   (see: pnpm runbook --help)')
  }
  return seated
}
