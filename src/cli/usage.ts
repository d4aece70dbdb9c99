/** Everything the program can be asked for, once: `--help` prints it, and the handbook's reference shows it. */
import { table } from './text.ts'

type Line = [form: string, what: string]

export const purpose = 'Plays runbooks: the scripts in runbooks/, step by step, on an environment.'

/** In two groups: about runbooks, and about runs. */
export const commands: Line[][] = [
  [
    ['pnpm runbook', 'list the runbooks'],
    ['pnpm runbook NAME', 'rehearse it: cause its disaster in the sandbox, then play it there'],
    ['pnpm runbook NAME --on ENV', 'play it on environments/ENV.env'],
    ['pnpm runbook NAME --help', 'what it is for, its params and steps'],
    ['pnpm runbook NAME --dry-run', 'the commands it would run; runs none'],
    ['pnpm runbook show NAME [STEP]', 'its page, or one step of it, with the commands to paste'],
    ['pnpm runbook check [NAME]', 'read the sources and say what the language does not allow'],
  ],
  [
    ['pnpm runbook status [--on ENV]', 'how ENV is: health, alerts, backups, lock, last runs'],
    ['pnpm runbook history [--on ENV]', 'the runs of this checkout, and those that ENV knows of'],
    ['pnpm runbook report RUN', 'a run as a Markdown timeline'],
    ['pnpm runbook resume [RUN]', 'go on at the first step that did not finish'],
    ['pnpm runbook undo RUN', 'go back over the finished steps of a run'],
    ['pnpm runbook unlock --on ENV', 'who holds the lock; --force breaks it'],
    ['pnpm runbook completion bash|zsh', 'completion for your shell'],
  ],
]

/** Of a run. */
export const options: Line[] = [
  ['--on ENV', 'where; without it and without params: a rehearsal in the sandbox'],
  ['--PARAM value', 'a param of the runbook, as --RESTORE_TO or --restore-to'],
  ['--yes[=ENV]', 'answers the questions; for what is destructive it must name the environment'],
  ['--resume', "go on with this runbook's last run"],
  ['--step WHAT', 'of resume and undo: run the step that was cut off again, or count it as done'],
  ['--json', 'events as JSON, one a line'],
]

export const exitCodes: [code: number, meaning: string][] = [
  [0, 'done'],
  [1, 'a step failed'],
  [2, 'usage'],
  [3, 'refused (lock, wrong target, no consent)'],
  [130, 'interrupted'],
]

/** Of `status`. */
export const statusExitCodes: [code: number, meaning: string][] = [
  [0, 'nothing is bad'],
  [1, 'something is bad'],
  [2, 'usage'],
  [3, 'something could not be seen, or it is another environment'],
]

/** Of `pnpm sandbox`. */
export const sandboxUsage = `The sandbox is a throwaway stack on this machine with demo data.

  pnpm sandbox up       build the images, start the stack, put in demo data; nothing if it is up
  pnpm sandbox status   its containers
  pnpm sandbox reset    down, then up
  pnpm sandbox down     remove its containers, networks and volumes
`

export function usageText(): string {
  const width = Math.max(...commands.flat().map(([form]) => form.length))
  const group = (lines: Line[]) => table(lines.map(([form, what]) => [form.padEnd(width + 1), what]))
  return `${purpose}

${commands.map(group).join('\n\n')}

Options of a run
${table(options)}

Exit codes: ${line(exitCodes)}
Of status: ${line(statusExitCodes)}
`
}

function line(codes: typeof exitCodes): string {
  return codes.map(([code, meaning]) => `${code} ${meaning}`).join(' · ')
}

export function usage(): number {
  process.stdout.write(usageText())
  return 0
}
