/** `pnpm runbook history [--on ENV]`: the runs whose journals are here or on that environment, newest first. */
import { loadEnvironment } from '../run/environment.ts'
import { outcome, type Progress, progress } from '../run/progress.ts'
import { readJournal } from '../run/read-journal.ts'
import { listRuns } from '../run/runs.ts'
import { readArgs } from './args.ts'
import { fetchRuns } from './find-run.ts'
import { findRoot } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { duration, paint, type Style, table } from './text.ts'

const STYLES: Record<ReturnType<typeof outcome>, Style> = {
  done: 'green',
  undone: 'yellow',
  failed: 'red',
  interrupted: 'yellow',
  unfinished: 'red',
}

export async function history(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { flags: ['json'], values: ['on'] })
  refuseArgs(args)
  const root = findRoot()
  if (args.values.on !== undefined) await fetchRuns(root, loadEnvironment(root, args.values.on))
  const states = listRuns(root).map((run) => ({ run, state: read(root, run) }))
  if (args.flags.has('json')) {
    for (const { run, state } of states) {
      const { start } = state ?? {}
      const { runbook, environment, who, at } = start ?? {}
      process.stdout.write(
        `${JSON.stringify({ run, runbook, environment, who, at, result: state && outcome(state) })}\n`,
      )
    }
    return 0
  }
  const color = paint(process.stdout)
  const rows = states.map(({ run, state }) => {
    if (!state) return [run, color('red', 'unreadable')]
    const result = outcome(state)
    const seconds = state.end ? duration(state.end.seconds) : ''
    return [run, color(STYLES[result], result), state.start.environment, seconds, state.start.who]
  })
  process.stdout.write(rows.length > 0 ? `${table(rows, '')}\n` : 'No run has been recorded here.\n')
  return 0
}

/** Undefined if the journal cannot be read: the list shows the others all the same. */
function read(root: string, run: string): Progress | undefined {
  try {
    return progress(readJournal(root, run))
  } catch {
    return undefined
  }
}
