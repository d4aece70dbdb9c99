/** `pnpm runbook report RUN`: a run as a Markdown timeline, to be pasted into a post-mortem. */
import { readArgs } from './args.ts'
import { findRun } from './find-run.ts'
import { findRoot } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { reportText } from './report-text.ts'

export async function report(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { words: 1 })
  refuseArgs(args)
  const { events, state } = findRun(findRoot(), args.words[0])
  process.stdout.write(reportText(events, state))
  return 0
}
