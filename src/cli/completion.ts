/**
 * `pnpm runbook completion bash|zsh`: prints a script for the shell's start-up file. What it offers is asked of
 * this program when Tab is pressed (`completion words …`), so it is never out of date.
 */
import { listEnvironments } from '../run/environment.ts'
import { UsageError } from '../run/errors.ts'
import { listRuns } from '../run/runs.ts'
import { listRunbooks, readRunbook } from '../runbook/library.ts'
import { findRoot, SUBCOMMANDS } from './project.ts'

const BASH = `_drillbook() {
  local words
  [ "\${COMP_WORDS[1]}" = runbook ] && [ -f src/cli/main.ts ] || return
  words=$(node src/cli/main.ts completion words "\${COMP_WORDS[@]:2:COMP_CWORD-2}" 2>/dev/null) || return
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _drillbook pnpm
`

const ZSH = `_drillbook() {
  [[ \${words[2]} == runbook && -f src/cli/main.ts ]] || { _default; return; }
  local -a found
  found=(\${(f)"$(node src/cli/main.ts completion words "\${(@)words[3,CURRENT-1]}" 2>/dev/null)"})
  compadd -- $found
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _drillbook pnpm
`

export async function completion([shell = '', ...rest]: readonly string[]): Promise<number> {
  if (shell === 'bash') process.stdout.write(BASH)
  else if (shell === 'zsh') process.stdout.write(ZSH)
  else if (shell === 'words') process.stdout.write(`${(await candidates(findRoot(), rest)).join('\n')}\n`)
  else {
    throw new UsageError('Completion for which shell?', {
      hints: [
        'pnpm --silent runbook completion bash >> ~/.bashrc',
        'pnpm --silent runbook completion zsh >> ~/.zshrc',
      ],
    })
  }
  return 0
}

/** What may come next after these words. */
export async function candidates(root: string, words: readonly string[]): Promise<string[]> {
  const [first] = words
  const last = words.at(-1)
  const names = await listRunbooks(root)
  if (first === undefined) return [...names, ...SUBCOMMANDS]
  if (last === '--on') return listEnvironments(root)
  if (['resume', 'undo', 'report'].includes(first))
    return words.length === 1 ? listRuns(root) : ['--yes', '--json']
  if (['check', 'show', 'help'].includes(first)) return names
  if (first === 'status' || first === 'history')
    return ['--on', '--json'].filter((option) => !words.includes(option))
  if (first === 'unlock') return ['--on', '--force']
  if (first === 'completion') return ['bash', 'zsh']
  if (!names.includes(first)) return []
  const { params } = await readRunbook(root, first, { commands: false })
  const open = params.find(({ name }) => last === `--${name}`)
  if (open && open.kind !== 'flag') return open.choices ?? []
  return [
    '--on',
    '--dry-run',
    '--help',
    '--yes',
    '--json',
    '--resume',
    ...params.map(({ name }) => `--${name}`),
  ].filter((option) => !words.includes(option))
}
