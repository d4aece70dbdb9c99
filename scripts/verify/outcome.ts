/**
 * What a job of the weekly verification found out, as files in a folder: `NAME.CHECK[.PART].json`, and the journals
 * beside them. The job that files the issues reads the folders of all jobs.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'

const failure = z.object({
  /** What was tried: scenario and rendition, the point of a kill, a mutant. */
  what: z.string(),
  /** Title of the step that failed, where one did. */
  step: z.string().optional(),
  reason: z.string(),
  /** What that step's commands printed. */
  output: z.string().optional(),
  /** Run id of the journal that is kept in `journals/`. */
  journal: z.string().optional(),
})

export const outcome = z.object({
  schema: z.literal(1),
  runbook: z.string(),
  check: z.enum(['drill', 'mutants', 'crash']),
  /** Which part of the crash matrix: `1/8`. */
  part: z.string().optional(),
  result: z.enum(['passed', 'failed']),
  /** The command that does the same on a laptop. */
  again: z.string(),
  failures: z.array(failure),
  /** The end of what was printed. */
  log: z.string(),
})

export type Outcome = z.infer<typeof outcome>
export type Failure = z.infer<typeof failure>

export function writeOutcome(folder: string, value: Omit<Outcome, 'schema'>): void {
  mkdirSync(folder, { recursive: true })
  const name = [value.runbook, value.check, value.part?.replace('/', '-of-')].filter(Boolean).join('.')
  const text = JSON.stringify(outcome.parse({ schema: 1, ...value }), undefined, 2)
  writeFileSync(join(folder, `${name}.json`), `${text}\n`)
}

/** Every outcome below a folder. Throws if a file is none, and says which one. */
export function readOutcomes(folder: string): Outcome[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => /\.(drill|mutants|crash)(\.[^/]*)?\.json$/.test(file))
    .sort()
    .map((file) => {
      const parsed = outcome.safeParse(parse(readFileSync(join(folder, file), 'utf8')))
      if (parsed.success) return parsed.data
      throw new Error(`${join(folder, file)} is not an outcome:\n${z.prettifyError(parsed.error)}`)
    })
}

/** The text of a kept journal; undefined if it was not kept. */
export function readKeptJournal(folder: string, run: string): string | undefined {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const file = files.find((each) => each.endsWith(`journals/${run}.jsonl`))
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The last lines, without the colours of a terminal. */
export function tail(text: string, lines = 60): string {
  return stripVTControlCharacters(text).trimEnd().split('\n').slice(-lines).join('\n')
}
