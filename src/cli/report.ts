/** `pnpm runbook report RUN`: a run as a Markdown timeline, to be pasted into a post-mortem. */
import { loadEnvironment } from '../run/environment.ts'
import { readArgs } from './args.ts'
import { findRun } from './find-run.ts'
import { findRoot } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { reportText } from './report-text.ts'

export async function report(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { values: ['on'], words: 1 })
  refuseArgs(args)
  const root = findRoot()
  const on = args.values.on === undefined ? undefined : loadEnvironment(root, args.values.on)
  const { events, state } = await findRun(root, { id: args.words[0], on })
  process.stdout.write(reportText(events, state))
  return 0
}
