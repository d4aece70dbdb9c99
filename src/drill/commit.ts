import { execaSync } from 'execa'

/** The commit of a checkout; null outside git. */
export function commitOf(root: string): string | null {
  const { exitCode, stdout } = execaSync('git', ['rev-parse', 'HEAD'], { cwd: root, reject: false })
  return exitCode === 0 ? stdout.trim() : null
}
