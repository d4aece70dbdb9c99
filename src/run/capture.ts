/** Runs a helper program (docker, git) and returns what it says. Not for a runbook's commands. */
import { execFile } from 'node:child_process'

export interface Captured {
  /** Null if it could not be started or was killed. */
  exit: number | null
  stdout: string
  stderr: string
}

export interface CaptureOptions {
  cwd: string
  env: Record<string, string>
  timeout?: number
}

/** Never rejects: a program that is missing is an exit of null with the reason in `stderr`. */
export function capture(
  program: string,
  args: readonly string[],
  { cwd, env, timeout = 60_000 }: CaptureOptions,
): Promise<Captured> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd, env, timeout, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        const exit = error ? (typeof error.code === 'number' ? error.code : null) : 0
        resolve({ exit, stdout, stderr: stderr || (exit === null ? String(error?.message) : '') })
      },
    )
    child.stdin?.end()
  })
}
