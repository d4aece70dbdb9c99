/** What is written into issues. Pure. */
import type { Failure, Outcome } from './outcome.ts'

/** How an issue is found again: its title may be edited. */
export const marker = (runbook: string) => `<!-- drillbook: ${runbook} -->`

/** What GitHub takes, with some room. */
const LIMIT = 60_000

export interface Report {
  runbook: string
  /** The failed outcomes; none if the job left nothing. */
  failed: Outcome[]
  /** The job that found it out. */
  url: string
  commit: string
}

export function title(runbook: string): string {
  return `The runbook “${runbook}” is not proven`
}

/** The newest failure. It replaces what was there before. */
export function body({ runbook, failed, url, commit }: Report): string {
  const parts = [
    marker(runbook),
    `The weekly verification could not prove \`runbooks/${runbook}.ts\` at ${commit.slice(0, 12)}: [the job](${url}).`,
    ...(failed.length === 0 ? [silent] : failed.map(section)),
    'This text is always about the newest failure; each one is a comment below. The issue is closed by the first verification that passes.',
  ]
  return clip(parts.join('\n\n'))
}

const silent =
  'The job ended without a result: it was stopped, ran out of time, or could not start. Its log says more.'

function section({ check, failures, again, log }: Outcome): string {
  const names = { drill: 'The drill', mutants: 'The drill of mutants', crash: 'The crash matrix' }
  const shown = failures.slice(0, 10)
  const more = failures.length > shown.length ? [`… and ${failures.length - shown.length} more.`] : []
  return [
    `### ${names[check]}`,
    `Again: \`${again}\``,
    ...shown.map(failureText),
    ...more,
    details('The end of its output', log),
  ].join('\n\n')
}

function failureText({ what, step, reason, output }: Failure): string {
  const lines = [`- **${inline(what)}**${step ? `, in the step “${inline(step)}”` : ''}`, fence(reason, '  ')]
  if (output) lines.push('', '  What the step printed:', '', fence(output, '  '))
  return lines.join('\n')
}

/** A comment for each verification that failed, with the journals of what failed. */
export function failedAgain(
  { failed, url, commit }: Report,
  run: string,
  journals: readonly { run: string; text: string }[],
): string {
  const count = failed.reduce((sum, { failures }) => sum + failures.length, 0)
  const what =
    failed.length === 0 ? 'The job left no result' : `${count} ${count === 1 ? 'failure' : 'failures'}`
  const kept = journals.map(({ run: id, text }) => details(`Journal of ${id}`, end(text, 20_000), 'json'))
  return clip([runMarker(run), `${what} at ${commit.slice(0, 12)}: [the job](${url}).`, ...kept].join('\n\n'))
}

export function greenAgain(url: string, commit: string, run: string): string {
  return `${runMarker(run)}\n\nProven again at ${commit.slice(0, 12)}: [the job](${url}).`
}

/** A job that is run twice comments once. */
export const runMarker = (run: string) => `<!-- drillbook-run: ${run} -->`

function details(summary: string, text: string, language = ''): string {
  return text ? `<details><summary>${summary}</summary>\n\n${fence(text, '', language)}\n\n</details>` : ''
}

/** Longer than any fence inside: output must not be able to write Markdown. */
function fence(text: string, indent = '', language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const ticks = '`'.repeat(longest + 1)
  return [`${ticks}${language}`, ...text.split('\n'), ticks].map((line) => indent + line).join('\n')
}

/** One line that mentions nobody and formats nothing. */
function inline(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]<>@#|~]/g, '\\$&')
    .replaceAll('\\@', '@\u200b')
}

function end(text: string, length: number): string {
  return text.length <= length ? text : `…\n${text.slice(text.indexOf('\n', text.length - length) + 1)}`
}

function clip(text: string): string {
  return text.length <= LIMIT ? text : `${text.slice(0, LIMIT)}\n\n… the rest is in the job’s artefacts.`
}
