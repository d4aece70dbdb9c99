/** What stands below a run when it is over: what failed, in which state the system is, and what to do next. */
import type { EventOf } from '../../run/journal-schema.ts'
import type { PlanItem } from '../../run/plan.ts'
import type { Progress } from '../../run/progress.ts'
import { undoable } from '../../run/resume.ts'
import { clip, duration, paint, width, wrap } from '../text.ts'
import type { Usual } from './display.ts'

export interface SummaryContext {
  state: Progress
  plan: readonly PlanItem[]
  /** How long each step took in the last drill. */
  usual: Usual
  stream: NodeJS.WriteStream
  /** Where the page is read, at a step. */
  page(slug?: string): string
}

/** Lines of output that are shown of the command that failed. */
const OUTPUT = 12

export function summary(context: SummaryContext): string {
  const { state, stream } = context
  const color = paint(stream)
  const { end, start } = state
  if (!end) return ''
  const time = duration(end.seconds)
  const head = {
    done: color('green', `✓ ${start.title}: done on ${start.environment} in ${time}.`),
    undone: color('yellow', `↩ ${start.title}: undone on ${start.environment}.`),
    failed: color('red', `✗ ${start.title}: failed on ${start.environment} after ${time}.`),
    interrupted: color('yellow', `■ ${start.title}: interrupted on ${start.environment} after ${time}.`),
  }[end.result]
  const body = end.result === 'done' ? [] : [...failure(context), ...systemState(context), ...next(context)]
  const journal = color('dim', `Journal: .drillbook/runs/${start.run}.jsonl`)
  return `\n${[head, ...body, journal].join('\n')}\n`
}

/** What failed, and then what failed when going back: the second never takes the place of the first. */
function failure({ state, plan, usual, stream }: SummaryContext): string[] {
  const { end, failed, failedUndo } = state
  const color = paint(stream)
  const columns = width(stream)
  const field = (name: string, text: string) =>
    `  ${color('dim', name.padEnd(8))} ${wrap(text, columns - 11).replaceAll('\n', `\n${' '.repeat(11)}`)}`
  const title = (slug: string) => plan.find((item) => item.slug === slug)?.title ?? slug
  const block = ({ end, command }: NonNullable<Progress['failed'] | Progress['failedUndo']>): string[] => {
    const faulty = command && (command.exit !== 0 || end.result === 'interrupted') ? command : undefined
    const expected = end.event === 'step-end' ? usual.get(end.step) : undefined
    const time = `${duration(end.seconds)}${expected ? `, usually ${duration(expected)}` : ''}`
    // That the command failed is told by its exit code.
    const reason = end.error && !(faulty && isAboutCommand(end.error)) ? end.error : undefined
    return [
      field('step', `${title(end.step)} (after ${time})`),
      ...(faulty ? [field('command', faulty.command), field('exit', exit(faulty))] : []),
      ...(reason ? [field('reason', reason)] : []),
      ...(faulty
        ? tail(faulty.output).map((line) => `  ${color('dim', '│')} ${clip(line, columns - 5)}`)
        : []),
    ]
  }
  if (!failed && !failedUndo) return end?.error ? ['', field('reason', end.error)] : []
  // What is in no step's own error: the script ended too early, the journal could not be written.
  const told = [failed?.end.error, failedUndo?.end.error, 'Going back:'].filter((text) => text !== undefined)
  const rest = told.reduce((text, known) => text.replace(known, ''), end?.error ?? '').trim()
  return [
    ...(failed ? ['', ...block(failed)] : []),
    ...(failedUndo ? ['', '  Then going back failed:', ...block(failedUndo)] : []),
    ...(rest ? [field('reason', rest)] : []),
  ]
}

function isAboutCommand(error: string): boolean {
  return /^The command (ended with exit code|was ended by)/.test(error)
}

function exit(command: EventOf<'command-end'>): string {
  return command.signal ?? `code ${command.exit}`
}

function tail(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-OUTPUT)
}

/** What is done and what is not: the state that the system is left in. */
function systemState({ state, plan, stream }: SummaryContext): string[] {
  const steps = plan.filter(({ type }) => type === 'step')
  const done = steps.filter(({ slug }) => state.finished.has(slug) && !state.undone.has(slug))
  const title = (items: readonly PlanItem[]) => items.map((item) => `“${item.title}”`).join(', ')
  const named = (slug: string | undefined) => plan.filter((item) => item.slug === slug)
  const inPart = named(state.failed?.end.step)
  const backInPart = named(state.failedUndo?.end.step)
  const undone = plan.filter(({ slug }) => state.undone.has(slug))
  const sentences = [
    done.length === 0
      ? undone.length > 0
        ? 'No step is in effect any more.'
        : 'No step was finished.'
      : `${done.length} of ${steps.length} steps are in effect, the last of them ${title(done.slice(-1))}.`,
    ...(inPart.length > 0 ? [`${title(inPart)} began and may be done in part.`] : []),
    ...(backInPart.length > 0 ? [`${title(backInPart)} may be undone in part.`] : []),
    ...(undone.length > 0 ? [`Undone: ${title(undone)}.`] : []),
    state.end?.locked
      ? `The lock could not be released: pnpm runbook unlock --on ${state.start.environment}`
      : 'The lock is released.',
  ]
  return ['', wrap(`State: ${sentences.join(' ')}`, width(stream))]
}

/** The commands that go on, go back, or explain, exactly as they are to be typed. */
function next({ state, plan, page, stream }: SummaryContext): string[] {
  const color = paint(stream)
  const { run, secrets } = state.start
  const steps = undoable(plan, state.finished, state.undone)
  const at = plan.find(({ slug }) => !state.finished.has(slug))
  const again = secrets.length > 0 ? `; needs ${secrets.join(', ')} again` : ''
  const over = steps.length === 1 ? `“${steps[0]?.title}”` : `${steps.length} steps`
  const actions: [string, string][] = []
  if (!state.undoing)
    actions.push([`pnpm runbook resume ${run}`, `${at ? `goes on at “${at.title}”` : 'ends it'}${again}`])
  if (steps.length > 0)
    actions.push([
      `pnpm runbook undo ${run}`,
      `${state.undoing ? 'goes on going back' : 'goes back'} over ${over}${again}`,
    ])
  const stopped = state.failedUndo?.end.step ?? at?.slug
  actions.push([page(stopped), `the page${stopped ? ' at this step' : ''}`])
  actions.push([`pnpm runbook report ${run}`, 'what happened, for the post-mortem'])
  return ['', 'Next:', ...actions.flatMap(([what, why]) => [`  ${color('bold', what)}`, `      ${why}`]), '']
}
