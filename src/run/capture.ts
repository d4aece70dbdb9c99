/** Runs a helper program (docker, git) and returns what it says. Not for a runbook's commands. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface Captured {
  /** Null if it could not be started or was killed. */
  exit: number | null
  stdout: string
  stderr: string
}

export interface CaptureOptions {
  cwd: string
  env: Record<string, string>
  /** Milliseconds after which it is killed. */
  timeout?: number
}

/**
 * Never rejects: a program that is missing is an exit of null with the reason in `stderr`. It has a process group
 * of its own: the Ctrl-C that ends a run must not end the release of its lock.
 */
export async function capture(
  program: string,
  args: readonly string[],
  { cwd, env, timeout = 60_000 }: CaptureOptions,
): Promise<Captured> {
  const child = spawn(program, args, { cwd, env, timeout, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = new Promise<number | null | Error>((resolve) => {
    child.on('error', resolve)
    child.on('close', resolve)
  })
  const [result, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  if (result instanceof Error) return { exit: null, stdout, stderr: result.message }
  return { exit: result, stdout, stderr }
}
