/** Asks the target's engine, and gives up in time: who looks at 3 am must not wait for a connection that never comes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Captured, capture } from '../../run/capture.ts'
import { commandEnv, type Environment } from '../../run/environment.ts'

export interface Target {
  root: string
  environment: Environment
}

/** `docker compose ARGS`, for so many seconds. Never rejects. */
export async function ask(
  { root, environment }: Target,
  args: readonly string[],
  seconds: number,
): Promise<Captured> {
  const options = { cwd: root, env: commandEnv(environment), timeout: seconds * 1000 }
  const late = { exit: null, stdout: '', stderr: `no answer within ${seconds} s` }
  const over = new AbortController()
  const began = performance.now()
  // A program that it has started may hold its output open after it was killed.
  const deadline = sleep(seconds * 1000 + 500, late, { signal: over.signal }).catch(() => late)
  const answer = await Promise.race([capture('docker', ['compose', ...args], options), deadline])
  over.abort()
  // What it says when it is ended for that is not the reason.
  return performance.now() - began < seconds * 1000 ? answer : { ...answer, exit: null, stderr: late.stderr }
}

export const inToolbox = (target: Target, command: readonly string[], seconds: number): Promise<Captured> =>
  ask(target, ['exec', '-T', 'toolbox', ...command], seconds)

/** The last line of what a program complained. */
export const complaint = ({ stderr }: Captured): string => stderr.trim().split('\n').at(-1) ?? ''
