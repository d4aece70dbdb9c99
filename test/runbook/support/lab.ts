/** A place to play in: a program on PATH that records how it was called, and both shells to call it from. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export type Shell = 'bash' | 'zsh'
export const SHELLS: readonly Shell[] = ['bash', 'zsh']

export interface Ended {
  status: number
  stdout: string
  stderr: string
}

export interface Lab {
  dir: string
  /** What commands are started with; `probe` is on its PATH. */
  env: Record<string, string>
  /** Arguments of every call of `probe`, in order, since the last `reset`. */
  calls(): string[][]
  /** Forgets the calls. With a number, that call of `probe` (from 1) will fail with status 7. */
  reset(failAt?: number): void
  /** Runs a script in a shell that reads no start-up files. */
  run(shell: Shell, script: string): Promise<Ended>
  remove(): void
}

/** Records its arguments; then does what the first of them says. */
const PROBE = `#!/bin/sh
count() { n=0; [ ! -f "$1" ] || read -r n <"$1"; n=$((n + 1)); echo $n >"$1"; }
printf '%s\\0' "$#" "$@" >>"$PROBE_LOG"
if [ -n "\${PROBE_FAIL_AT:-}" ]; then
  count "$PROBE_LOG.count"
  [ "$n" -ne "$PROBE_FAIL_AT" ] || exit 7
fi
case $1 in
  exit) exit "$2" ;;
  print) printf '%s' "$2" ;;
  read) cat ;;
  third) count "$PROBE_LOG.third"; [ "$n" -ge 3 ] || exit 5 ;;
esac
`

export function openLab(): Lab {
  const dir = mkdtempSync(join(tmpdir(), 'lab-'))
  const log = join(dir, 'log')
  writeFileSync(join(dir, 'probe'), PROBE, { mode: 0o755 })
  const env: Record<string, string> = {
    PATH: `${dir}${delimiter}${process.env.PATH}`,
    HOME: dir,
    LANG: 'C.UTF-8',
    PROBE_LOG: log,
  }
  return {
    dir,
    env,
    calls() {
      const words = readFileSync(log, 'utf8').split('\0')
      const calls: string[][] = []
      for (let at = 0; at < words.length - 1; at += Number(words[at]) + 1) {
        calls.push(words.slice(at + 1, at + 1 + Number(words[at])))
      }
      return calls
    },
    reset(failAt) {
      writeFileSync(log, '')
      for (const file of [`${log}.count`, `${log}.third`]) rmSync(file, { force: true })
      if (failAt === undefined) delete env.PROBE_FAIL_AT
      else env.PROBE_FAIL_AT = String(failAt)
    },
    run(shell, script) {
      const file = join(dir, `script.${shell}`)
      writeFileSync(file, script)
      const args = { bash: ['--noprofile', '--norc', file], zsh: ['-f', file] }[shell]
      return new Promise((resolve, reject) => {
        const child = execFile(
          shell,
          args,
          { env, cwd: dir, timeout: 50_000, maxBuffer: 64 << 20 },
          (error, stdout, stderr) => {
            const status = error ? error.code : 0
            if (typeof status === 'number') resolve({ status, stdout, stderr })
            else reject(error)
          },
        )
        child.stdin?.end()
      })
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
