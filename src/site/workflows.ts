/** What GitHub’s workflow files say about themselves. Pure. */
import { parse } from 'yaml'

export interface Workflow {
  file: string
  /** The comment that the file begins with. */
  about: string
  /** In words: `every pull request`. */
  when: string[]
  jobs: { name: string; after: string[]; approval: boolean }[]
}

interface Raw {
  on: Record<string, { branches?: string[]; tags?: string[]; workflows?: string[]; cron?: string }[] | null>
  jobs: Record<string, { name?: string; needs?: string | string[]; uses?: string; environment?: unknown }>
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

export function readWorkflow(file: string, source: string): Workflow {
  const { on, jobs } = parse(source) as Raw
  const name = (id: string) => jobs[id]?.name ?? jobs[id]?.uses?.replace(/^.*\//, '') ?? id
  return {
    file,
    about: aboutOf(file, source),
    when: Object.entries(on).flatMap(([event, options]) => inWords(file, event, options)),
    jobs: Object.entries(jobs).map(([id, { needs = [], environment }]) => ({
      name: name(id),
      after: [needs].flat().map(name),
      approval: environment === 'release',
    })),
  }
}

/** Up to the first line of the comment that is empty: an example may follow. */
function aboutOf(file: string, source: string): string {
  const lines = source.split('\n')
  const end = lines.findIndex((line) => !/^# \S/.test(line))
  if (end === 0) throw new Error(`${file}:1: expected a comment that says what the workflow is for.`)
  return lines
    .slice(0, end)
    .map((line) => line.slice(2))
    .join(' ')
}

function inWords(file: string, event: string, options: unknown): string[] {
  const { branches = [], tags = [], workflows = [] } = (options ?? {}) as Record<string, string[]>
  switch (event) {
    case 'pull_request':
      return ['every pull request']
    case 'push':
      return [
        ...branches.map((branch) => `every commit on ${branch}`),
        ...(tags.length > 0 ? ['a tag like v1.2.3'] : []),
      ]
    case 'schedule':
      return (options as { cron: string }[]).map(({ cron }) => weekly(file, cron))
    case 'workflow_dispatch':
      return ['by hand']
    case 'workflow_call':
      return ['called by another workflow']
    case 'workflow_run':
      return workflows.map((name) => `after ${name}`)
    default:
      throw new Error(
        `${file}: there are no words for the event '${event}'. Add them in src/site/workflows.ts.`,
      )
  }
}

function weekly(file: string, cron: string): string {
  const [, minute, hour, day] = /^(\d+) (\d+) \* \* ([0-6])$/.exec(cron) ?? []
  if (!minute || !hour || !day)
    throw new Error(`${file}: expected a weekly schedule like '23 3 * * 6', found '${cron}'.`)
  return `every ${days[Number(day)]} ${hour.padStart(2, '0')}:${minute.padStart(2, '0')} UTC`
}
