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
import type { Display } from './display/display.ts'
import { summary } from './display/summary.ts'
import { usualSeconds } from './evidence.ts'
import { knownValues, refuseBadValues } from './params.ts'
import { pageAddress } from './project.ts'
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
export async function obtainConsent({ document, environment, yes }: Setting, verb: string): Promise<void> {
  const answer = consent({
    destructive: isDestructive(document),
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
    !(await askName(name, `This can destroy data. Type the environment's name to go on:`))
  ) {
    throw new Refusal(`That is not “${name}”. Nothing was run.`)
  }
}

function isDestructive(document: Document): boolean {
  return document.destructive
}

/** Runs something with the right display, and says at the end what it came to. */
export async function onStage(
  setting: Setting,
  before: Progress | undefined,
  act: (request: RunRequest) => Promise<Outcome>,
): Promise<Outcome> {
  const { root, document, environment, params, yes } = setting
  const display = await chooseDisplay(setting)
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
      include: (name, given) => included(name, given),
    })
  } finally {
    display.close()
    if (state?.end && !setting.json) {
      const page = (slug?: string) => pageAddress(root, document.name, slug)
      process.stdout.write(summary({ state, plan: items, stream: process.stdout, page }))
    }
  }
}

async function chooseDisplay({ root, document, json }: Setting): Promise<Display> {
  if (json) return (await import('./display/json.ts')).jsonDisplay(process.stdout)
  const usual = await usualSeconds(root, document.name)
  if (process.stdout.isTTY && !process.env.CI)
    return (await import('./display/live.ts')).liveDisplay(process.stdout, usual)
  return (await import('./display/plain.ts')).plainDisplay(process.stdout, usual)
}

/** Included runbooks are read ahead, so that a bad one stops the run before its first step. */
async function readIncluded(root: string, document: Document): Promise<RunRequest['include']> {
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
  return (name, given) => {
    const target = documents.get(name)
    if (!target) throw new UsageError(`The runbook “${name}” is not part of ${document.name}.`)
    const known = knownValues(target, given)
    refuseBadValues(target, known)
    return { file: target.file, params: known.values }
  }
}
