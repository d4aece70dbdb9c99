/** What stands below a run when it is over: what failed, in which state the system is, and what to do next. */
import type { EventOf } from '../../run/journal-schema.ts'
import type { PlanItem } from '../../run/plan.ts'
import type { Progress } from '../../run/progress.ts'
import { clip, duration, paint, width, wrap } from '../text.ts'

export interface SummaryContext {
  state: Progress
  plan: readonly PlanItem[]
  stream: NodeJS.WriteStream
  /** Address of the page, at a step. */
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

/** Step, command, exit code and the last lines; or the error that belongs to no command. */
function failure({ state, plan, stream }: SummaryContext): string[] {
  const { end, failed } = state
  const color = paint(stream)
  const columns = width(stream)
  const field = (name: string, text: string) =>
    `  ${color('dim', name.padEnd(8))} ${wrap(text, columns - 11).replaceAll('\n', `\n${' '.repeat(11)}`)}`
  if (!failed) return end?.error ? ['', field('reason', end.error)] : []
  const { command } = failed
  const title = plan.find(({ slug }) => slug === failed.end.step)?.title ?? failed.end.step
  const faulty = command && (command.exit !== 0 || failed.end.result === 'interrupted') ? command : undefined
  // The run's error begins with the step's, which is told above.
  const then = (end?.error ?? '').replace(failed.end.error ?? '', '').trim()
  return [
    '',
    field('step', title),
    ...(faulty ? [field('command', faulty.command), field('exit', exit(faulty))] : []),
    ...(failed.end.error && !faulty ? [field('reason', failed.end.error)] : []),
    ...(then ? [field('then', then)] : []),
    ...(faulty ? tail(faulty.output).map((line) => `  ${color('dim', '│')} ${clip(line, columns - 5)}`) : []),
  ]
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
  const done = plan.filter(({ slug }) => state.finished.has(slug) && !state.undone.has(slug))
  const failed = state.failed?.end.step
  const inPart = plan.find(({ slug }) => slug === failed)
  const title = (items: readonly PlanItem[]) => items.map((item) => `“${item.title}”`).join(', ')
  const undone = plan.filter(({ slug }) => state.undone.has(slug))
  const sentences = [
    done.length === 0
      ? undone.length > 0
        ? 'No step is in effect any more.'
        : 'No step was finished.'
      : `${done.length} of ${plan.length} steps are in effect, the last of them ${title(done.slice(-1))}.`,
    ...(inPart ? [`${title([inPart])} began and may be done in part.`] : []),
    ...(undone.length > 0 ? [`Undone: ${title(undone)}.`] : []),
    'The lock is released.',
  ]
  return ['', wrap(`State: ${sentences.join(' ')}`, width(stream))]
}

/** The commands that go on, go back, or explain, exactly as they are to be typed. */
function next({ state, plan, page, stream }: SummaryContext): string[] {
  const color = paint(stream)
  const { run } = state.start
  const undoable = plan.filter(
    ({ slug, item }) =>
      item.type === 'step' && item.undo && state.finished.get(slug)?.undo && !state.undone.has(slug),
  )
  const at = plan.find(({ slug }) => !state.finished.has(slug))
  const actions: [string, string][] = []
  if (!state.undoing)
    actions.push([`pnpm runbook resume ${run}`, at ? `goes on at “${at.title}”` : 'ends it'])
  if (undoable.length > 0)
    actions.push([
      `pnpm runbook undo ${run}`,
      `goes back over ${undoable.length === 1 ? 'one step' : `${undoable.length} steps`}`,
    ])
  const lines = actions.flatMap(([command, what]) => [`  ${color('bold', command)}`, `      ${what}`])
  return ['', 'Next:', ...lines, `  ${page(at?.slug)}`, '      the page at this step', '']
}
