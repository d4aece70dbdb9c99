/** `pnpm runbook undo RUN`: goes back over the finished steps of a run, newest first. */
import { hostname } from 'node:os'
import { loadEnvironment } from '../run/environment.ts'
import { Refusal, UsageError } from '../run/errors.ts'
import { plan } from '../run/plan.ts'
import { openCommand, openCommandLives, refuseAlive, refuseChanged, undoable } from '../run/resume.ts'
import { undoRun } from '../run/run.ts'
import { readArgs } from './args.ts'
import { findRun } from './find-run.ts'
import { findRoot, findRunbook } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { obtainConsent, onStage, type Setting } from './stage.ts'

export async function undo(argv: readonly string[]): Promise<number> {
  const args = readArgs(argv, { flags: ['json'], optional: ['yes'], words: 1 })
  refuseArgs(args)
  const [id] = args.words
  if (id === undefined) {
    throw new UsageError('Which run is to be undone?', { hints: ['pnpm runbook history   lists them'] })
  }
  const root = findRoot()
  const { run, state } = findRun(root, id)
  const document = await findRunbook(root, state.start.runbook)
  const items = plan(document)
  refuseAlive(state, hostname())
  refuseChanged(state, items)
  if (openCommandLives(state, hostname())) {
    throw new Refusal('A command of this run has not ended.', { hints: openCommand(state, hostname()) })
  }
  const steps = undoable(items, state.finished, state.undone)
  if (steps.length === 0) throw new Refusal(`The run ${run} has nothing to go back over.`)
  const setting: Setting = {
    ...{ root, document, params: state.start.params },
    environment: loadEnvironment(root, state.start.environment),
    yes: args.optional.yes ?? false,
    json: args.flags.has('json'),
  }
  const say = (text: string) => void (setting.json ? process.stderr : process.stdout).write(`${text}\n`)
  say(`${run} on ${state.start.environment}. In this order it goes back over:`)
  for (const { title } of steps) say(`  ${title}`)
  const { open } = state
  if (open) {
    const title = items.find(({ slug }) => slug === open.step)?.title
    say(`“${title}” had begun and did not end. It is not undone: look at what it left.`)
  }
  await obtainConsent(setting, 'Undo')
  return (await onStage(setting, state, (request) => undoRun(request, state))).exit
}
