/**
 * Keeps one issue for each runbook that the weekly verification could not prove: opens it, says so again on each
 * failure, closes it when the runbook is proven. Running it twice for one job changes nothing.
 *
 *     node scripts/verify/issues.ts FOLDER [--shards N] [--no-mutants]
 *
 * FOLDER has what the jobs found out (`drill.ts`, `crash.ts`). Needs GITHUB_TOKEN and GITHUB_REPOSITORY; takes
 * GITHUB_API_URL, GITHUB_SERVER_URL, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT and GITHUB_SHA as they are in a job.
 * Exit codes: 0 filed · 1 something could not be filed, or a part of the crash matrix is missing · 2 usage
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { listRunbooks } from '../../src/runbook/library.ts'
import { accessFrom, type GitHub, github, type Issue } from '../github/client.ts'
import { body, failedAgain, greenAgain, marker, runMarker, title } from './issue-text.ts'
import { type Outcome, readKeptJournal, readOutcomes } from './outcome.ts'

export const LABEL = 'runbook-not-proven'

export interface Verdict {
  runbook: string
  /** `unknown`: nothing failed, but not everything was tried. Such a runbook's issue is left as it is. */
  result: 'proven' | 'failed' | 'unknown'
  failed: Outcome[]
}

/** Judges every runbook by what the jobs left. A runbook whose drill left nothing has failed. */
export function verdicts(
  runbooks: readonly string[],
  outcomes: readonly Outcome[],
  { shards = 0, mutants = true }: { shards?: number | undefined; mutants?: boolean | undefined } = {},
): { verdicts: Verdict[]; missingShards: string[] } {
  const parts = Array.from({ length: shards }, (_, index) => `${index + 1}/${shards}`)
  const missingShards = parts.filter(
    (part) => !outcomes.some((each) => each.check === 'crash' && each.part === part),
  )
  const judged = runbooks.map((runbook): Verdict => {
    const own = outcomes.filter((each) => each.runbook === runbook)
    const failed = own.filter(({ result }) => result === 'failed')
    const has = (check: Outcome['check']) => own.some((each) => each.check === check)
    if (failed.length > 0 || !has('drill') || (mutants && !has('mutants')))
      return { runbook, result: 'failed', failed }
    return { runbook, result: missingShards.length > 0 ? 'unknown' : 'proven', failed }
  })
  return { verdicts: judged, missingShards }
}

/** Options of the programs that judge. */
export const judging = { shards: { type: 'string' }, 'no-mutants': { type: 'boolean' } } as const

/** Judges every runbook of the checkout by a folder of outcomes. */
export async function judge(
  root: string,
  folder: string,
  values: { shards?: string | undefined; 'no-mutants'?: boolean | undefined },
): Promise<ReturnType<typeof verdicts>> {
  return verdicts(await listRunbooks(root), readOutcomes(folder), {
    shards: Number(values.shards ?? 0),
    mutants: !values['no-mutants'],
  })
}

export interface Job {
  /** Address of the job's page. */
  url: string
  commit: string
  /** Run and attempt: a comment is made once for each. */
  id: string
  journal(run: string): string | undefined
}

/** Brings the issues in line with the verdicts. Tries all of them; rejects with what could not be filed. */
export async function fileIssues(
  hub: GitHub,
  all: readonly Verdict[],
  job: Job,
  say: (line: string) => void,
): Promise<void> {
  const known = await hub.issues(LABEL)
  if (all.some(({ result }) => result === 'failed'))
    await hub.ensureLabel(LABEL, 'b60205', 'A runbook that the weekly verification could not prove')
  const problems: string[] = []
  for (const verdict of all) {
    try {
      const said = await fileOne(hub, verdict, known, job)
      if (said) say(`${verdict.runbook}: ${said}`)
    } catch (error) {
      problems.push(`${verdict.runbook}: ${(error as Error).message}`)
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

async function fileOne(
  hub: GitHub,
  verdict: Verdict,
  known: readonly Issue[],
  job: Job,
): Promise<string | undefined> {
  const { runbook, result, failed } = verdict
  const mine = known.filter((issue) => issue.body?.includes(marker(runbook)))
  const issue = mine.find(({ state }) => state === 'open') ?? mine[0]
  if (result === 'proven') {
    if (issue?.state !== 'open') return undefined
    await commentOnce(hub, issue, job, greenAgain(job.url, job.commit, job.id))
    await hub.updateIssue(issue.number, { state: 'closed' })
    return `proven again, closed ${issue.html_url}`
  }
  if (result === 'unknown') return undefined
  const report = { runbook, failed, url: job.url, commit: job.commit }
  const journals = failed
    .flatMap(({ failures }) => failures.flatMap(({ journal }) => journal ?? []))
    .flatMap((run) => ({ run, text: job.journal(run) ?? '' }))
    .filter(({ text }) => text)
  const comment = failedAgain(report, job.id, journals)
  if (!issue) {
    const created = await hub.createIssue({ title: title(runbook), body: body(report), labels: [LABEL] })
    await hub.addComment(created.number, comment)
    return `opened ${created.html_url}`
  }
  await hub.updateIssue(issue.number, { body: body(report), state: 'open' })
  await commentOnce(hub, issue, job, comment)
  return `${issue.state === 'open' ? 'updated' : 'opened again'} ${issue.html_url}`
}

async function commentOnce(hub: GitHub, { number }: Issue, { id }: Job, text: string): Promise<void> {
  const comments = await hub.comments(number)
  if (!comments.some(({ body: written }) => written?.includes(runMarker(id))))
    await hub.addComment(number, text)
}

export interface Console {
  out(line: string): void
  error(line: string): void
}

/** The program. Resolves to its exit code; what it says goes to `said`. */
export async function main(
  root: string,
  argv: string[],
  env: NodeJS.ProcessEnv,
  said: Console,
): Promise<number> {
  try {
    return await fileFrom(root, argv, env, said)
  } catch (error) {
    said.error((error as Error).message)
    return 1
  }
}

async function fileFrom(
  root: string,
  argv: string[],
  env: NodeJS.ProcessEnv,
  said: Console,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: judging,
  })
  const [name] = positionals
  if (!name) {
    said.error('Usage: node scripts/verify/issues.ts FOLDER [--shards N] [--no-mutants]')
    return 2
  }
  const folder = resolve(root, name)
  const access = accessFrom(env)
  const judged = await judge(root, folder, values)
  const run = env['GITHUB_RUN_ID'] ?? 'local'
  const job: Job = {
    url: `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${access.repository}/actions/runs/${run}`,
    commit: env['GITHUB_SHA'] ?? 'unknown',
    id: `${run}.${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`,
    journal: (id) => readKeptJournal(folder, id),
  }
  await fileIssues(github(access), judged.verdicts, job, said.out)
  for (const { runbook, result } of judged.verdicts) said.out(`${result.padEnd(8)}${runbook}`)
  if (judged.missingShards.length === 0) return 0
  said.error(
    `Parts of the crash matrix left no result: ${judged.missingShards.join(', ')}. No issue was closed. Run those jobs again.`,
  )
  return 1
}

if (import.meta.main) {
  const said = { out: (line: string) => console.log(line), error: (line: string) => console.error(line) }
  process.exitCode = await main(process.cwd(), process.argv.slice(2), process.env, said)
}
