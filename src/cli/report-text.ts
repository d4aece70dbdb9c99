/** The Markdown of a run: who, where, when, every command with its result, and the gaps between: to be pasted into a post-mortem. Pure. */
import type { Event, EventOf } from '../run/journal-schema.ts'
import { outcome, type Progress } from '../run/progress.ts'
import { attempts, times } from './report-time.ts'
import { duration } from './text.ts'

/** A pause without an event that is worth a line, in seconds: someone was thinking, or nobody was there. */
const GAP = 60
const OUTPUT = 15

export function reportText(events: readonly Event[], state: Progress): string {
  const { start, end } = state
  const last = events.at(-1) ?? start
  const params = Object.entries(start.params).map(
    ([name, value]) => `\`${name}\` = ${value === '' ? '(empty)' : code(value)}`,
  )
  const facts = [
    ['Runbook', `${prose(start.title)} (\`${start.runbook}\`)`],
    ['Environment', `${start.environment}${start.engine ? `, engine ${code(start.engine)}` : ''}`],
    ['Result', `${outcome(state)}${end ? `, exit code ${end.exit}` : ': the journal has no end'}`],
    ['Begun', `${start.at} by ${prose(start.who)}`],
    ['Ended', `${last.at} by ${prose(state.last.who)}`],
    ['Params', params.join(', ') || 'none'],
    ['Steps', `${state.finished.size} of ${start.plan.length} finished`],
    ...(state.undone.size > 0 ? [['Undone', `${state.undone.size}`]] : []),
    ['Commit', start.commit ?? 'not in git'],
    ['Run', `\`${start.run}\``],
  ] as [string, string][]
  return [
    `# ${prose(start.title)} on ${start.environment}`,
    ['| | |', '|---|---|', ...facts.map(([name, value]) => `| ${name} | ${cell(value)} |`)].join('\n'),
    '## Time',
    timeTable(events),
    stepTable(events),
    '## Timeline (UTC)',
    timeline(events).join('\n'),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n')
}

/** Without the time in which nobody had noticed or decided yet: that was before the journal. */
function timeTable(events: readonly Event[]): string {
  const { total, steps, back, between, nobody } = times(events)
  const rows = [
    ['From beginning to end', total],
    ['— in steps', steps],
    ...(back > 0 ? [['— going back', back]] : []),
    ['— between steps', between],
    ...(nobody > 0 ? [['— while nobody played it', nobody]] : []),
  ] as [string, number][]
  return ['| Time | |', '|---|--:|', ...rows.map(([name, value]) => `| ${name} | ${duration(value)} |`)].join(
    '\n',
  )
}

function stepTable(events: readonly Event[]): string {
  const rows = attempts(events).map(({ title, attempts, result, seconds }) => {
    const times = attempts > 1 ? `${result}, ${attempts} attempts` : result
    return `| ${cell(prose(title))} | ${times} | ${duration(seconds)} |`
  })
  return ['| Step | Result | Took |', '|---|---|--:|', ...rows].join('\n')
}

function timeline(events: readonly Event[]): string[] {
  const lines: string[] = []
  let before: string | undefined
  let attempts = 0
  let open: EventOf<'command-start'> | undefined
  for (const [index, event] of events.entries()) {
    const gap = before === undefined ? 0 : (Date.parse(event.at) - Date.parse(before)) / 1000
    if (event.event === 'run-resume' && open) lines.push(cutOff(open))
    // Nothing is expected to happen while a command runs.
    if (event.event === 'run-resume') lines.push(`- *${duration(Math.max(0, gap))} while nobody played it*`)
    else if (gap >= GAP && event.event !== 'command-end') lines.push(`- *${duration(gap)} without an event*`)
    if (event.event === 'command-start') open = event
    if (event.event === 'command-end' || event.event === 'run-resume') open = undefined
    before = event.at
    if (event.event === 'command-end') {
      attempts++
      if (isRepeated(event, events.slice(index + 1))) continue
      lines.push(...commandLines(event, attempts))
      attempts = 0
    } else {
      lines.push(...eventLines(event))
    }
  }
  return open ? [...lines, cutOff(open)] : lines
}

function cutOff({ at, command }: EventOf<'command-start'>): string {
  return `    - ${time(at)} ${code(command)} — was running when the process died; nobody knows how it ended`
}

/** True if the same test is tried again right away, with the same result: a retry is told once. */
function isRepeated(event: EventOf<'command-end'>, rest: readonly Event[]): boolean {
  const next = rest.find(({ event: name }) => name !== 'command-start' && name !== 'command-running')
  return event.purpose === 'test' && next?.event === 'command-end' && next.command === event.command
}

function commandLines(event: EventOf<'command-end'>, attempts: number): string[] {
  const result = event.signal ?? (event.exit === 0 ? 'ok' : `exit code ${event.exit}`)
  const times = attempts > 1 ? `, attempt ${attempts}` : ''
  const head = `    - ${time(event.at)} ${code(event.command)} — ${result}, ${duration(event.seconds)}${times}`
  const output = event.output.trimEnd().split('\n').slice(-OUTPUT)
  if (event.exit === 0 || event.output.trim() === '') return [head]
  const fence = '`'.repeat(Math.max(3, longestRun(event.output) + 1))
  return [head, '', ...[`${fence}text`, ...output, fence].map((line) => `      ${line}`), '']
}

function eventLines(event: Event): string[] {
  const at = `- ${time(event.at)}`
  switch (event.event) {
    case 'run-start':
      return [`${at} begun by ${prose(event.who)}`]
    case 'run-resume':
      return [`${at} **taken up again** by ${prose(event.who)}${event.from ? `, at \`${event.from}\`` : ''}`]
    case 'step-start':
      return [`${at} **${prose(event.title)}**`]
    case 'undo-step-start':
      return [`${at} going back: **${prose(event.title)}**`]
    case 'step-skip':
      return [
        `    - ${time(event.at)} ${event.reason === 'unless' ? 'had already happened' : 'marked as done by the operator'}`,
      ]
    case 'step-end':
    case 'undo-step-end': {
      if (event.event === 'undo-step-end' && event.marked)
        return [`    - ${time(event.at)} marked as done by the operator`]
      const result = `${event.result} after ${duration(event.seconds)}`
      return [
        `    - ${time(event.at)} ${event.result === 'done' ? result : `**${result}**: ${prose(event.error ?? '')}`}`,
      ]
    }
    case 'confirm':
      return [`${at} ${prose(event.question)} — ${event.answer}${event.by === 'flag' ? ' (by option)' : ''}`]
    case 'undo-start':
      return [
        `${at} going back over ${event.steps.length === 1 ? 'one step' : `${event.steps.length} steps`}, decided by the ${event.by}`,
      ]
    case 'undo-end':
      return [`${at} going back: ${event.result}`]
    case 'note':
      return [`${at} ${prose(event.text)}`]
    case 'run-end':
      return [`${at} **${event.result}**${event.error ? `: ${prose(event.error)}` : ''}`]
    default:
      return []
  }
}

function time(at: string): string {
  return at.slice(11, 19)
}

/** Inline code, whatever backticks are in it. */
function code(text: string): string {
  const ticks = '`'.repeat(longestRun(text) + 1)
  const pad = /^`|`$/.test(text) ? ' ' : ''
  return `${ticks}${pad}${text.replace(/\s*\n\s*/g, ' ⏎ ')}${pad}${ticks}`
}

/** Text that is no markup, in one line. */
function prose(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\\`*_<>[\]#|~]/g, '\\$&')
}

function cell(text: string): string {
  return text.replace(/(?<!\\)\|/g, '\\|')
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length))
}
