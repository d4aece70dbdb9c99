/**
 * The journal's copy on the target's own engine: when the operator's machine dies, a colleague reads it from there
 * and goes on. Written by one long-lived `journal-append` in the toolbox, which answers `ok N` once line N is on
 * the disk: a new `docker exec` for each line would cost a hundred times as much.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { capture } from './capture.ts'
import { commandEnv, type Environment } from './environment.ts'
import { Failure, Refusal } from './errors.ts'
import type { Sink } from './journal.ts'

/** How often a lost connection is made again before the run stops. */
const ATTEMPTS = 3
/** Milliseconds that an answer may take: a loaded disk flushes slowly, a dead connection never answers. */
const PATIENCE = 20_000

const toolbox = ['compose', 'exec', '-T', 'toolbox']

/** After so many milliseconds without a line, somebody else may have taken the run for dead and gone on with it. */
const SILENCE = 30_000

export interface TargetJournal extends Sink {
  /** Throws `Refusal` if the last line there is not the last that was written here: somebody else goes on with it. */
  refuseIfShared(): Promise<void>
}

export interface TargetJournalOptions {
  root: string
  environment: Environment
  run: string
  /** Lines that the target lacks, sent first. */
  backlog: readonly string[]
}

export function openTargetJournal({ root, environment, run, backlog }: TargetJournalOptions): TargetJournal {
  let writer: Writer | undefined
  let last: { line: string; at: number } | undefined
  let unsent = [...backlog]

  const write = async (line: string) => {
    let reason = ''
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        writer ??= openWriter(root, environment, run)
        await writer.append(line)
        last = { line, at: Date.now() }
        return
      } catch (error) {
        reason = (error as Error).message
        writer?.close()
        writer = undefined
        // A line whose answer was lost may be there twice then; reading leaves the second out.
        if (attempt < ATTEMPTS) await sleep(500 * attempt)
      }
    }
    throw new Failure(`The journal on ${environment.name} cannot be written: ${reason}`, {
      hints: ['Nothing is run that cannot be recorded. When the target answers again, resume.'],
    })
  }

  const refuseIfShared = async () => {
    if (!last) return
    const there = await readTargetJournal(root, environment, run)
    if (there === undefined || there.at(-1) === last.line) return
    throw new Refusal(`Somebody else goes on with the run ${run}, so it stops here.`, {
      hints: [`pnpm runbook report ${run} --on ${environment.name}   shows who`],
    })
  }

  return {
    async append(line) {
      // A laptop that slept: the clock went on while nothing was written.
      if (last && Date.now() - last.at > SILENCE) await refuseIfShared()
      // A line that could not be written comes before all that follow, even if they are shorter and would fit on a
      // full disk: a copy with a gap could not be gone on with.
      unsent.push(line)
      while (unsent.length > 0) {
        await write(unsent[0] ?? '')
        unsent = unsent.slice(1)
      }
    },
    refuseIfShared,
    async close() {
      writer?.close()
    },
  }
}

interface Writer {
  append(line: string): Promise<void>
  close(): void
}

function openWriter(root: string, environment: Environment, run: string): Writer {
  const child: ChildProcessWithoutNullStreams = spawn('docker', [...toolbox, 'journal-append', run], {
    cwd: root,
    env: commandEnv(environment),
    // The terminal's Ctrl-C is for the runbook's command, not for its journal.
    detached: true,
  })
  let said = ''
  let waiting: { resolve(): void; reject(error: Error): void } | undefined
  const fail = (why: string) => waiting?.reject(new Error(said.trim().split('\n').at(-1) || why))
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2000)))
  child.stdin.on('error', () => fail('the connection was lost'))
  child.on('error', (error) => fail(error.message))
  child.on('close', (exit) => fail(`journal-append ended with exit code ${exit}`))
  createInterface({ input: child.stdout }).on('line', () => waiting?.resolve())
  // An idle journal must not keep a process alive that is done.
  child.unref()
  return {
    async append(line) {
      if (child.exitCode !== null) throw new Error(said.trim() || 'journal-append has ended')
      const answer = new Promise<void>((resolve, reject) => {
        waiting = { resolve, reject }
      })
      const timer = setTimeout(() => fail(`no answer for ${PATIENCE / 1000} s`), PATIENCE)
      child.stdin.write(`${line}\n`)
      try {
        await answer
      } finally {
        clearTimeout(timer)
        waiting = undefined
      }
    },
    close() {
      child.stdin.end()
    },
  }
}

/** The run ids that have a journal on the target, newest first; undefined if it does not answer. */
export async function listTargetRuns(root: string, environment: Environment): Promise<string[] | undefined> {
  const answer = await inToolbox(root, environment, ['journal-read', '--list'])
  return answer.exit === 0 ? answer.stdout.split('\n').filter(Boolean) : undefined
}

/** The lines of a run's journal on the target; undefined if it has none or does not answer. */
export async function readTargetJournal(
  root: string,
  environment: Environment,
  run: string,
): Promise<string[] | undefined> {
  const answer = await inToolbox(root, environment, ['journal-read', run])
  if (answer.exit !== 0) return undefined
  const lines = answer.stdout.split('\n').filter(Boolean)
  return lines.filter((line, index) => line !== lines[index - 1])
}

function inToolbox(root: string, environment: Environment, command: readonly string[]) {
  return capture('docker', [...toolbox, ...command], { cwd: root, env: commandEnv(environment) })
}

/**
 * What is missing in each of two copies of a journal, or undefined if they contradict each other. A copy is behind
 * if the process died between the two, or if the run went on from another machine.
 */
export function compareCopies(
  local: readonly string[],
  target: readonly string[],
): { missingHere: string[]; missingThere: string[] } | undefined {
  const shared = Math.min(local.length, target.length)
  for (let index = 0; index < shared; index++) if (local[index] !== target[index]) return undefined
  return { missingHere: target.slice(shared), missingThere: local.slice(shared) }
}
