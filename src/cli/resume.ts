/** `pnpm runbook resume [RUN]`: goes on at the first step that did not finish. */
import { hostname } from 'node:os'
import { loadEnvironment } from '../run/environment.ts'
import { plan } from '../run/plan.ts'
import type { Progress } from '../run/progress.ts'
import { refuseCommandLives, refuseResume } from '../run/resume.ts'
import { resumeRun } from '../run/run.ts'
import { readArgs, readKnownArgs } from './args.ts'
import { decide, refuseBadStep } from './decide.ts'
import { findRunToGoOn, type RunToGoOn } from './find-run.ts'
import { findRoot, findRunbook } from './project.ts'
import { refuseArgs } from './refuse.ts'
import { withSecrets } from './secrets.ts'
import { obtainConsent, onStage, type Setting } from './stage.ts'

/** One that was going back counts: it must not be passed over in favour of an older one. */
const unfinished = ({ end }: Progress) => end?.result !== 'done' && end?.result !== 'undone'

export async function resume(argv: readonly string[]): Promise<number> {
  const root = findRoot()
  // The params that may be given are known only when the run is; its id and place come first.
  const { words, values } = readKnownArgs(argv, {
    values: ['on', 'step'],
    optional: ['yes'],
    flags: ['json'],
  })
  const on = values.on === undefined ? undefined : loadEnvironment(root, values.on)
  return resumeFound(await findRunToGoOn(root, { id: words[0], accept: unfinished, on }), argv)
}

/** `pnpm runbook NAME --resume`: the newest run of that runbook that can go on. */
export async function resumeLast(runbook: string, argv: readonly string[]): Promise<number> {
  const accept = (state: Progress) => state.start.runbook === runbook && unfinished(state)
  return resumeFound(await findRunToGoOn(findRoot(), { accept }), argv)
}

async function resumeFound(
  { run, state, environment, backlog }: RunToGoOn,
  argv: readonly string[],
): Promise<number> {
  const root = findRoot()
  const { start } = state
  const document = await findRunbook(root, start.runbook)
  const secrets = document.params.filter(({ name }) => start.secrets.includes(name))
  const args = readArgs(argv, {
    flags: ['json'],
    values: ['on', 'step'],
    optional: ['yes'],
    params: secrets,
    words: 1,
  })
  refuseBadStep(args)
  refuseArgs(args)
  const items = plan(document)
  refuseResume(state, items, hostname())
  const setting: Setting = {
    ...{ root, document, environment },
    params: await withSecrets(document, start.params, args.params, start.secrets),
    yes: args.optional.yes ?? false,
    json: args.flags.has('json'),
  }
  const next = items.find(({ slug }) => !state.finished.has(slug))
  const say = (text: string) => void (setting.json ? process.stderr : process.stdout).write(`${text}\n`)
  say(`${run} on ${environment.name}: ${state.finished.size} of ${items.length} steps are done.`)
  if (next) say(`It goes on at “${next.title}”.`)
  refuseCommandLives(state, items, hostname())
  const done = await decide(state, items, { verb: 'resume', answer: args.values.step, say })
  await obtainConsent(setting, 'Go on with')
  const outcome = await onStage(setting, state, (request) =>
    resumeRun({ ...request, backlog }, state, done === undefined ? {} : { done }),
  )
  return outcome.exit
}
