/** `pnpm runbook undo RUN`: goes back over the finished steps of a run, newest first. */
import { hostname } from 'node:os'
import { loadEnvironment } from '../run/environment.ts'
import { Refusal, UsageError } from '../run/errors.ts'
import { plan } from '../run/plan.ts'
import { refuseAlive, refuseChanged, refuseCommandLives, undoable } from '../run/resume.ts'
import { undoRun } from '../run/run.ts'
import { readArgs, readKnownArgs } from './args.ts'
import { decide, refuseBadStep } from './decide.ts'
import { findRunToGoOn } from './find-run.ts'
import { findRoot, findRunbook } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { withSecrets } from './secrets.ts'
import { obtainConsent, onStage, type Setting } from './stage.ts'

export async function undo(argv: readonly string[]): Promise<number> {
  const spec = { flags: ['json'], values: ['on', 'step'], optional: ['yes'], words: 1 }
  // The params that may be given are known only when the run is; its id and place come first.
  const first = readKnownArgs(argv, spec)
  const [id] = first.words
  if (id === undefined) {
    throw new UsageError('Which run is to be undone?', { hints: ['pnpm runbook history   lists them'] })
  }
  const root = findRoot()
  const on = first.values.on === undefined ? undefined : loadEnvironment(root, first.values.on)
  const { run, state, environment, backlog } = await findRunToGoOn(root, { id, on })
  const document = await findRunbook(root, state.start.runbook)
  const secrets = document.params.filter(({ name }) => state.start.secrets.includes(name))
  const args = readArgs(argv, { ...spec, params: secrets })
  refuseBadStep(args)
  refuseArgs(args)
  const items = plan(document)
  refuseAlive(state, hostname())
  refuseChanged(state, items)
  refuseCommandLives(state, items, hostname())
  const steps = undoable(items, state.finished, state.undone)
  if (steps.length === 0) throw new Refusal(`The run ${run} has nothing to go back over.`)
  const setting: Setting = {
    ...{ root, document, environment },
    params: await withSecrets(document, state.start.params, args.params, state.start.secrets),
    yes: args.optional.yes ?? false,
    json: args.flags.has('json'),
  }
  const say = (text: string) => void (setting.json ? process.stderr : process.stdout).write(`${text}\n`)
  say(`${run} on ${state.start.environment}. In this order it goes back over:`)
  for (const { title } of steps) say(`  ${title}`)
  const { open } = state
  if (open && !open.undo) {
    const title = items.find(({ slug }) => slug === open.step)?.title
    say(`“${title}” had begun and did not end. It is not undone: look at what it left.`)
  }
  const done = open?.undo
    ? await decide(state, items, { verb: 'undo', answer: args.values.step, say })
    : undefined
  await obtainConsent(setting, 'Undo')
  const mark = done === undefined ? {} : { done }
  return (await onStage(setting, state, (request) => undoRun({ ...request, backlog }, state, mark))).exit
}
