/**
 * One operator at a time. The lock lives on the target's own engine, in its toolbox container, so that every
 * operator of that engine sees it, from any machine; taking it also compares the system's own name with the one
 * that was asked for. `toolbox` and its program `guard` are what a stack must bring (docs: the stack's contract).
 */
import { hostname, userInfo } from 'node:os'
import { identity } from './birth.ts'
import { type Captured, capture } from './capture.ts'
import { commandEnv, type Environment } from './environment.ts'
import { Refusal } from './errors.ts'

export interface Lock {
  release(): Promise<void>
}

/** Text of the guard's own for a lock that someone else holds, or for the wrong system. */
const REFUSED = 3

/** Who plays a run, and from where. */
export interface Operator {
  /** `user@host`. */
  who: string
  host: string
  pid: number
  /** Tells it from a later process with its number. */
  born?: string
  /** Address of the engine that the target runs on. */
  engine?: string
}

export function operator(): Operator {
  const host = hostname()
  let user = process.env.USER ?? 'unknown'
  try {
    user = userInfo().username
  } catch {
    // A user without an entry in the password file, as in some containers.
  }
  return { who: `${user}@${host}`, host, ...identity(process.pid) }
}

/** Runs the guard in the environment's toolbox. */
export function guard(root: string, environment: Environment, args: readonly string[]): Promise<Captured> {
  const command = ['compose', 'exec', '-T', 'toolbox', 'guard', ...args]
  return capture('docker', command, { cwd: root, env: commandEnv(environment) })
}

/** Takes the lock for a run; the same run may take it again. Throws `Refusal` with the holder's particulars. */
export async function takeLock(
  root: string,
  environment: Environment,
  { run, runbook }: { run: string; runbook: string },
): Promise<Lock> {
  const { who } = operator()
  const taken = await guard(root, environment, [
    ...['take', '--environment', environment.name],
    ...['--run', run, '--runbook', runbook, '--who', who],
  ])
  if (taken.exit === REFUSED) throw new Refusal(taken.stderr.trim())
  if (taken.exit !== 0) throw unreachable(environment, taken)
  return {
    async release() {
      const released = await guard(root, environment, ['release', '--run', run])
      if (released.exit !== 0) throw new Error(released.stderr.trim() || 'no answer')
    },
  }
}

/** Without the guard nobody knows whose system this is and who works on it: nothing runs. */
export function unreachable(environment: Environment, answer: Captured): Refusal {
  const said = answer.stderr.trim().split('\n').at(-1) ?? ''
  return new Refusal(`The guard of “${environment.name}” did not answer, so nothing was run.`, {
    hints: [
      ...(said ? [said] : []),
      'It lives in the toolbox. To start that alone:',
      `  docker compose --env-file ${environment.file} up -d --wait toolbox`,
    ],
  })
}
