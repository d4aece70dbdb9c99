import { type Options, type ProcessPromise, $ as zx } from 'zx/core'
import type { CommandCall } from './player.ts'

export interface ExecuteOptions {
  /** The checkout. */
  cwd: string
  /** The whole environment of the command; nothing of the caller's own is added. */
  env: Record<string, string>
  /** Ends the command and its children when aborted. */
  signal?: AbortSignal
  /** Own process group, so that `process.kill(-pid)` reaches all of it and the terminal's Ctrl-C none. Default: true. */
  detached?: boolean
}

/**
 * Really runs a command, with zx: bash, `set -euo pipefail`, stdin closed, nothing printed. Rejects with zx's
 * ProcessOutput if it fails.
 *
 * The text that bash is given holds only references (`"$V0"`); the values are in its environment, so neither
 * quoting nor `ps` can betray them. `export -n` takes them out again before the first program starts: programs get
 * the same environment as in a pasted shell.
 */
export function execute(call: CommandCall, options: ExecuteOptions): ProcessPromise {
  const names = call.values.map((_, index) => `V${index}`)
  const command = call.parts.reduce((line, part, index) => `${line}"$${names[index - 1]}"${part}`)
  const env = { ...options.env }
  for (const [index, name] of names.entries()) env[name] = call.values[index] ?? ''
  const settings: Partial<Options> = {
    cwd: options.cwd,
    env,
    shell: 'bash',
    prefix: `set -euo pipefail; ${names.length ? `export -n ${names.join(' ')}; ` : ''}`,
    postfix: '',
    quote: refuse,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.detached ?? true,
    verbose: false,
    quiet: true,
    ...(options.signal && { signal: options.signal }),
  }
  return zx(settings)([command] as unknown as TemplateStringsArray)
}

/** zx would call this for an interpolation; there is none. */
function refuse(): string {
  throw new Error('A value must not become part of the command text.')
}
