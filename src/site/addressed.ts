/** Which services of a compose file the commands of a runbook address. Pure. */
import type { Command, Document, Item, Statement } from '../runbook/document.ts'

/** A command that addresses a service, and the step that it stands in. */
export interface Use {
  step: string
  command: string
}

/** Service → the commands that name it. `*` stands for a command that means every service. */
export function addressed(document: Document): Map<string, Use[]> {
  const uses = new Map<string, Use[]>()
  for (const { step, command } of commandsOf(document.items)) {
    const text = command.pieces
      .map((piece) => (piece.type === 'text' ? piece.text : `$${piece.name}`))
      .join('')
    for (const service of new Set(services(text))) {
      uses.set(service, [...(uses.get(service) ?? []), { step, command: text }])
    }
  }
  return uses
}

/** Options of docker compose that take the next word as their value. */
const takesValue =
  /^(?:-[efHpuvw]|--(?:ansi|cap-add|cap-drop|entrypoint|env|env-from-file|env-file|file|index|label|name|parallel|profile|progress|project-directory|project-name|publish|pull|scale|signal|timeout|user|volume|workdir))$/
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

function* commandsOf(items: readonly Item[]): Generator<{ step: string; command: Command }> {
  for (const item of items) {
    if (item.type === 'include') yield* commandsOf(item.items)
    if (item.type !== 'step') continue
    const commands = [...(item.unless ? [item.unless] : []), ...inside(item.body), ...inside(item.undo ?? [])]
    for (const command of commands) yield { step: item.title, command }
  }
}

function inside(statements: readonly Statement[]): Command[] {
  return statements.flatMap((statement) => {
    if (statement.type === 'command' || statement.type === 'retry') return [statement.command]
    if (statement.type === 'for') return inside(statement.body)
    if (statement.type !== 'if') return []
    const { test } = statement.condition
    return [
      ...(test.type === 'ok' ? [test.command] : []),
      ...inside(statement.then),
      ...inside(statement.otherwise),
    ]
  })
}
