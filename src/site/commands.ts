/** The commands of a runbook's steps, and which services of a compose file they address. Pure. */
import type { Command, Statement } from '../runbook/document.ts'

/** Every command of the statements, in their order. */
export function commandsOf(statements: readonly Statement[]): Command[] {
  return statements.flatMap(commandsIn)
}

function commandsIn(statement: Statement): Command[] {
  switch (statement.type) {
    case 'command':
    case 'retry':
      return [statement.command]
    case 'for':
      return commandsOf(statement.body)
    case 'if': {
      const { condition, then, otherwise } = statement
      const asked = condition.test.type === 'ok' ? [condition.test.command] : []
      return [...asked, ...commandsOf(then), ...commandsOf(otherwise)]
    }
    case 'fail':
      return []
  }
}

/** A command as it is written, with `$NAME` for each value. */
export function textOf({ pieces }: Command): string {
  return pieces.map((piece) => (piece.type === 'text' ? piece.text : `$${piece.name}`)).join('')
}

/** Options of docker compose that take the next word as their value. */
const takesValue =
  /^(?:-[efHnpstuvw]|--(?:ansi|cap-add|cap-drop|entrypoint|env|env-from-file|env-file|file|filter|format|index|label|name|parallel|profile|progress|project-directory|project-name|publish|pull|scale|signal|since|status|tail|timeout|until|user|volume|wait-timeout|workdir))$/
/** Subcommands whose first word is a service, and those whose every word is one. */
const oneService = new Set(['exec', 'run', 'port'])
const manyServices = new Set([
  'build',
  'create',
  'kill',
  'logs',
  'pause',
  'ps',
  'pull',
  'restart',
  'rm',
  'start',
  'stop',
  'top',
  'unpause',
  'up',
  'wait',
])

/** Of one command line: every `docker compose` in it. */
export function services(text: string): string[] {
  return text
    .split(/\bdocker compose\b/)
    .slice(1)
    .flatMap((part) => {
      const own = words((part.split(/[|<>]/)[0] ?? '').trim())
      const [subcommand = '', ...rest] = own
      // SERVICE:PATH on one of its sides.
      if (subcommand === 'cp')
        return rest.flatMap((word) => (word.includes(':') ? (word.split(':')[0] ?? []) : []))
      if (oneService.has(subcommand)) return rest.slice(0, 1)
      if (!manyServices.has(subcommand)) return []
      return rest.length > 0 ? rest : ['*']
    })
}

/** Without options and their values. */
function words(text: string): string[] {
  const all = text.match(/'[^']*'|\S+/g) ?? []
  return all.filter((word, index) => !word.startsWith('-') && !takesValue.test(all[index - 1] ?? ''))
}
