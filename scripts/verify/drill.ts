/**
 * One job of the weekly verification: drills a runbook, then its mutants, and writes down what came of it.
 *
 *     node scripts/verify/drill.ts NAME --to FOLDER
 *
 * Exit codes: 0 all passed · 1 something failed · 2 usage
 */
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { parse, played } from '../../src/drill/script.ts'
import type { Evidence } from '../../src/evidence/schema.ts'
import { readEvidence } from '../../src/evidence/store.ts'
import { journalFile } from '../../src/run/journal.ts'
import { listRuns } from '../../src/run/runs.ts'
import { type Failure, type Outcome, tail, writeOutcome } from './outcome.ts'

/** Runs a command, shows what it prints, and keeps it. */
export type Run = (command: string, args: string[]) => Promise<{ exitCode: number; all: string }>

export interface Job {
  root: string
  runbook: string
  /** Where the outcome goes. */
  to: string
  run: Run
}

/** Drill and mutants. True if both passed. */
export async function verifyRunbook(job: Job): Promise<boolean> {
  const drilled = await drill(job)
  // A drill that fails anyway proves nothing about mutants.
  return drilled && (await mutants(job))
}

async function drill({ root, runbook, to, run }: Job): Promise<boolean> {
  const before = readEvidence(root, runbook)
  const known = new Set(listRuns(root))
  const { exitCode, all } = await run('node', ['src/drill/main.ts', runbook])
  const after = readEvidence(root, runbook)
  const written = after.kind === 'evidence' && !sameDrill(before, after) ? after.evidence : undefined
  const passed = exitCode === 0 && written?.result === 'passed'
  const fresh = listRuns(root).filter((id) => !known.has(id))
  const failures = passed
    ? []
    : failuresOf(
        written,
        fresh.map((id) => readRun(root, id)),
      )
  if (!passed && failures.length === 0)
    failures.push({
      what: 'the drill itself',
      reason: `It ended with exit code ${exitCode} and no evidence.`,
    })
  for (const { journal } of failures) if (journal) keep(root, to, journal)
  write(to, { runbook, check: 'drill', passed, again: `pnpm drill ${runbook}`, failures, all })
  return passed
}

async function mutants({ runbook, to, run }: Job): Promise<boolean> {
  const { exitCode, all } = await run('node', ['src/drill/main.ts', runbook, '--mutants'])
  const passed = exitCode === 0
  const failures = [...all.matchAll(/✗ (SURVIVES|NOT TRIED)\s+(.*)/g)].map(([, verdict, mutant]) => ({
    what: `without ${mutant}`,
    reason:
      verdict === 'SURVIVES'
        ? 'The drill did not notice that this command was gone.'
        : 'The drill did not come as far as the runbook.',
  }))
  if (!passed && failures.length === 0)
    failures.push({ what: 'the mutants', reason: `They ended with exit code ${exitCode}.` })
  const again = `pnpm drill ${runbook} --mutants`
  write(to, { runbook, check: 'mutants', passed, again, failures: passed ? [] : failures, all })
  return passed
}

function write(
  to: string,
  { passed, all, ...rest }: Omit<Outcome, 'schema' | 'result' | 'log'> & { passed: boolean; all: string },
) {
  writeOutcome(to, { ...rest, result: passed ? 'passed' : 'failed', log: tail(all) })
}

type Reading = ReturnType<typeof readEvidence>
function sameDrill(before: Reading, after: Reading): boolean {
  return (
    before.kind === 'evidence' && after.kind === 'evidence' && before.evidence.seal === after.evidence.seal
  )
}

interface RunOfDrill {
  id: string
  /** Its steps, as evidence has them. */
  steps: string
}

/** What failed, in words. Which run a play was is told by its steps and how long they took: evidence names only one. */
export function failuresOf(evidence: Evidence | undefined, runs: readonly RunOfDrill[]): Failure[] {
  if (!evidence) return []
  const plays = evidence.plays.filter(({ result }) => result === 'failed')
  const twins = evidence.twins.filter(({ result }) => result === 'failed')
  return [
    ...plays.map(({ scenario, phase, rendition, steps, reason = 'no reason given' }) => {
      const last = steps.at(-1)
      const stopped = reason.startsWith('The runbook stopped')
      const run = steps.length > 0 ? runs.find((each) => each.steps === timing(steps)) : undefined
      return {
        what: [scenario, phase, rendition].filter(Boolean).join(', '),
        reason,
        ...(stopped && last ? { step: last.title, output: tail(last.output) } : {}),
        ...(run ? { journal: run.id } : {}),
      }
    }),
    ...twins.map(({ scenario, message }) => ({ what: `broken on purpose: ${scenario}`, reason: message })),
  ]
}

const timing = (steps: readonly { slug: string; seconds: number }[]) =>
  steps.map(({ slug, seconds }) => `${slug} ${seconds}`).join('\n')

function readRun(root: string, id: string): RunOfDrill {
  const text = readFileSync(journalFile(root, id), 'utf8')
  return { id, steps: timing(played(parse(text), '', '').steps) }
}

function keep(root: string, to: string, run: string): void {
  mkdirSync(join(to, 'journals'), { recursive: true })
  cpSync(journalFile(root, run), join(to, 'journals', `${run}.jsonl`))
}

/** Runs with the project's own Node, and lets a person or a job's log see it as it comes. */
export function runIn(root: string): Run {
  return async (command, args) => {
    const program = command === 'node' ? process.execPath : command
    const child = execa(program, args, { cwd: root, all: true, reject: false, stdin: 'ignore' })
    child.all.pipe(process.stdout, { end: false })
    const { exitCode = 1, all } = await child
    return { exitCode, all }
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { to: { type: 'string' } } })
  const [runbook] = positionals
  if (!runbook || !values.to) {
    process.stderr.write('Usage: node scripts/verify/drill.ts NAME --to FOLDER\n')
    process.exit(2)
  }
  const root = process.cwd()
  const passed = await verifyRunbook({ root, runbook, to: values.to, run: runIn(root) })
  process.exitCode = passed ? 0 : 1
}
