/** What playing, resuming and undoing have in common: consent, display, questions, and the words at the end. */
import { consent } from '../run/consent.ts'
import type { Environment } from '../run/environment.ts'
import { Refusal, UsageError } from '../run/errors.ts'
import { plan } from '../run/plan.ts'
import { advance, type Progress, progress } from '../run/progress.ts'
import type { Listener } from '../run/recorder.ts'
import type { Outcome, RunRequest } from '../run/run.ts'
import type { Document } from '../runbook/document.ts'
import { readRunbook } from '../runbook/library.ts'
import type { Display, Usual } from './display/display.ts'
import { summary } from './display/summary.ts'
import { usualSeconds } from './evidence.ts'
import { knownValues, refuseBadValues } from './params.ts'
import { pageOf } from './project.ts'
import { askName, askYesNo, isInteractive } from './prompts.ts'

export interface Setting {
  root: string
  document: Document
  environment: Environment
  params: Record<string, string>
  yes: boolean | string
  json: boolean
}

/** Asks for what consent needs. Throws `Refusal` without it. */
export async function obtainConsent(setting: Setting, verb: string): Promise<void> {
  const { root, document, environment, yes } = setting
  const included = await readIncluded(root, document)
  const answer = consent({
    // What a runbook includes, it does.
    destructive: [document, ...included.values()].some(({ destructive }) => destructive),
    environment,
    yes,
    interactive: isInteractive(),
  })
  const { name } = environment
  if (answer.kind === 'refused')
    throw new Refusal(answer.reason, { hints: [`To do it all the same: ${answer.hint}`] })
  if (answer.kind === 'ask' && !(await askYesNo(`${verb} “${document.title}” on ${name}?`))) {
    throw new Refusal('Not confirmed. Nothing was run.')
  }
  if (
    answer.kind === 'type' &&
    !(await askName(name, `This can destroy data on ${name}. Type that name to go on:`))
  ) {
    throw new Refusal(`That is not “${name}”. Nothing was run.`)
  }
}

/** Runs something with the right display, and says at the end what it came to. */
export async function onStage(
  setting: Setting,
  before: Progress | undefined,
  act: (request: RunRequest) => Promise<Outcome>,
): Promise<Outcome> {
  const { root, document, environment, params, yes } = setting
  const usual = await usualSeconds(root, document.name)
  const display = await chooseDisplay(setting, usual)
  const items = plan(document)
  let state = before
  const follow: Listener = (event) => {
    if (event.event === 'run-start') state = progress([event])
    else if (event.event !== 'output' && state) advance(state, event)
  }
  const included = await readIncluded(root, document)
  const agreed = yes === true || yes === environment.name
  const listeners = [follow, display.listen]
  // A run that goes on is shown with the steps it began with.
  if (before) display.listen(before.start)
  const question = async (text: string) => {
    if (agreed) return { answer: 'yes', by: 'flag' } as const
    if (!isInteractive())
      throw new Refusal(`There is no terminal to ask on: ${text}`, { hints: ['--yes answers yes'] })
    const answer = await display.aside(() => askYesNo(text))
    return { answer: answer ? 'yes' : 'no', by: 'operator' } as const
  }
  try {
    return await act({
      ...{ root, document, environment, params, listeners },
      notice: display.notice,
      ask: question,
      async askUndo(undos) {
        if (!isInteractive()) return false
        const titles = undos.map(({ title }) => `“${title}”`).reverse()
        return display.aside(() =>
          askYesNo(`A step failed. Go back now? It would undo ${titles.join(', ')}.`),
        )
      },
      include: (name, given) => includedParams(document, included.get(name), name, given),
    })
  } finally {
    display.close()
    if (state?.end && !setting.json) {
      const page = (slug?: string) => pageOf(root, document.name, slug)
      process.stdout.write(summary({ state, plan: items, usual, stream: process.stdout, page }))
    }
  }
}

async function chooseDisplay({ json }: Setting, usual: Usual): Promise<Display> {
  if (json) return (await import('./display/json.ts')).jsonDisplay(process.stdout)
  if (process.stdout.isTTY && !process.env.CI)
    return (await import('./display/live.ts')).liveDisplay(process.stdout, usual)
  return (await import('./display/plain.ts')).plainDisplay(process.stdout, usual)
}

/** Included runbooks are read ahead, so that a bad one stops the run before its first step. */
async function readIncluded(root: string, document: Document): Promise<Map<string, Document>> {
  const documents = new Map<string, Document>()
  const visit = async (items: Document['items']): Promise<void> => {
    for (const item of items) {
      if (item.type !== 'include') continue
      if (!documents.has(item.name))
        documents.set(item.name, await readRunbook(root, item.name, { commands: false }))
      await visit(item.items)
    }
  }
  await visit(document.items)
  return documents
}

function includedParams(
  document: Document,
  target: Document | undefined,
  name: string,
  given: Record<string, string>,
): ReturnType<RunRequest['include']> {
  if (!target) throw new UsageError(`The runbook “${name}” is not part of ${document.name}.`)
  const known = knownValues(target, given)
  refuseBadValues(target, known)
  return { file: target.file, params: known.values }
}
