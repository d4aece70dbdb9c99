/** `pnpm runbook resume [RUN]`: goes on at the first step that did not finish. */
import { hostname } from 'node:os'
import { loadEnvironment } from '../run/environment.ts'
import { Refusal } from '../run/errors.ts'
import { plan } from '../run/plan.ts'
import type { Progress } from '../run/progress.ts'
import { decidesItself, openCommand, openCommandLives, refuseResume } from '../run/resume.ts'
import { resumeRun } from '../run/run.ts'
import type { Document } from '../runbook/document.ts'
import { readArgs } from './args.ts'
import { findRunToGoOn, type RunToGoOn } from './find-run.ts'
import { findRoot, findRunbook } from './project.ts'
import { askChoice, isInteractive } from './prompts.ts'
import { refuseArgs } from './refuse.ts'
import { withSecrets } from './secrets.ts'
import { obtainConsent, onStage, type Setting } from './stage.ts'

const unfinished = ({ end, undoing }: Progress) =>
  !undoing && end?.result !== 'done' && end?.result !== 'undone'

export async function resume(argv: readonly string[]): Promise<number> {
  const root = findRoot()
  // The params that may be given are known only when the run is; its id and place come first.
  const { words, values } = readArgs(argv, { values: ['on', 'step'], optional: ['yes'], flags: ['json'] })
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
  if (args.values.step && !['again', 'done'].includes(args.values.step)) {
    args.problems.push('--step is again or done: what to do with the step in which the run died')
  }
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
  const done = await decide(state, document, args.values.step, say)
  await obtainConsent(setting, 'Go on with')
  const outcome = await onStage(setting, state, (request) =>
    resumeRun({ ...request, backlog }, state, done === undefined ? {} : { done }),
  )
  return outcome.exit
}

/** What to do with the step in which the process died. Returns the step that counts as done, if any. */
async function decide(
  state: Progress,
  document: Document,
  answer: string | undefined,
  say: (text: string) => void,
): Promise<string | undefined> {
  const items = plan(document)
  const { open } = state
  const host = hostname()
  if (!open) return undefined
  const item = items.find(({ slug }) => slug === open.step)
  const facts = openCommand(state, host)
  if (openCommandLives(state, host)) {
    throw new Refusal(`The command that was running in “${item?.title}” has not ended.`, { hints: facts })
  }
  if (decidesItself(state, items)) return undefined
  say(
    `The run ended without a word in “${item?.title}”${facts.length > 0 ? ', while this was running:' : '.'}`,
  )
  for (const fact of facts) say(fact)
  // A step with a value cannot be marked: nobody knows the value.
  const canMark = item?.item.type === 'step' && item.item.value === undefined
  const choice =
    answer ??
    (isInteractive()
      ? await askChoice('What is to be done?', [
          { value: 'stop', label: 'Stop here', hint: 'look at the system first' },
          { value: 'again', label: 'Run the step again' },
          ...(canMark ? [{ value: 'done', label: 'Mark the step as done' }] : []),
        ])
      : undefined)
  if (choice === 'again') return undefined
  if (choice === 'done' && canMark) return open.step
  throw new Refusal('Nothing was run.', {
    hints: [
      `pnpm runbook resume ${state.start.run} --step again   runs the step again`,
      ...(canMark ? [`pnpm runbook resume ${state.start.run} --step done    counts it as done`] : []),
    ],
  })
}
