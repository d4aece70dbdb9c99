/**
 * The shell rendition: a Document as blocks that are pasted into bash or zsh, one after the other, in one shell.
 *
 * Each step is a subshell with the options that zx uses, so that it stops where the script stops and leaves the
 * reader's shell as it was. Stdin is closed first: a command that reads it would swallow the rest of the paste.
 * `exec` stands first: after a failed `X=$(…)` it returns 1 in zsh, and `set -e` would end the block there.
 */
import type { Document, Include, Item, Statement } from './document.ts'
import { sleepSeconds } from './duration.ts'
import { enterText } from './enter.ts'
import { quote } from './quote.ts'
import { renderCommand } from './render-command.ts'
import { namesInStatements, namesInStep } from './used-names.ts'

export interface Block {
  /** What the block is for. The blocks of `enter` come first; those of `undo` last, in the order to play them. */
  kind: 'enter' | 'step' | 'confirm' | 'leave' | 'undo'
  /** The slug of the step, for `step`, `confirm` and `undo`. */
  step?: string
  title: string
  /** What is copied, without a final newline. Empty for `confirm`. */
  text: string
  /** Numbers of the lines (from 0) that are shown dimmed: they are the same in every block. */
  dim: number[]
}

/**
 * The blocks of a page: enter, the steps, leave, then the undos in reverse. `values` fills in the first block:
 * params by name, and `ON` for the environment; without them it shows the defaults and the sandbox.
 */
export function blocks(document: Document, values: Readonly<Record<string, string>> = {}): Block[] {
  const places = flattenWithScopes(document.items, [])
  const required = new Set(
    document.params.filter((param) => param.default === undefined).map(({ name }) => name),
  )
  return [
    {
      kind: 'enter',
      title: 'Enter',
      text: enterText(document.name, document.params, values),
      dim: [],
    },
    ...document.params
      .filter(({ kind }) => kind === 'secret')
      .map(({ name, description }) => askSecret(name, description)),
    ...places.map((place) => played(place, required)),
    { kind: 'leave', title: 'Leave', text: '. scripts/leave', dim: [] },
    ...places.toReversed().flatMap((place) => goneBack(place, required)),
  ]
}

/** Alone in its block: what is pasted behind it would be taken for the secret. */
function askSecret(name: string, description: string): Block {
  return { kind: 'enter', title: description, text: `IFS= read -rs ${name}`, dim: [] }
}

/** Something to play, inside the params of the includes around it, the outermost first. */
interface Place {
  item: Exclude<Item, Include>
  scopes: readonly Include['params'][]
}

function flattenWithScopes(items: readonly Item[], scopes: readonly Include['params'][]): Place[] {
  return items.flatMap((item) =>
    item.type === 'include' ? flattenWithScopes(item.items, [...scopes, item.params]) : [{ item, scopes }],
  )
}

function played({ item, scopes }: Place, required: ReadonlySet<string>): Block {
  if (item.type === 'confirm') {
    return { kind: 'confirm', step: item.slug, title: item.question, text: '', dim: [] }
  }
  const skip = item.unless ? [`if ${renderCommand(item.unless)}; then exit; fi`] : []
  const body = [...skip, ...renderStatements(item.body)]
  const [opening, closing] = item.value
    ? [`${item.value}=$(`, `) || { unset ${item.value}; false; }`]
    : ['(', ')']
  const head = preamble(namesInStep(item), scopes, required)
  return { kind: 'step', step: item.slug, title: item.title, ...wrap(opening, head, body, closing) }
}

function goneBack({ item, scopes }: Place, required: ReadonlySet<string>): Block[] {
  if (item.type !== 'step' || !item.undo) return []
  const head = preamble(namesInStatements(item.undo), scopes, required)
  const block = wrap('(', head, renderStatements(item.undo), ')')
  return [{ kind: 'undo', step: item.slug, title: item.title, ...block }]
}

function wrap(opening: string, head: string[], body: string[], closing: string): Pick<Block, 'text' | 'dim'> {
  const inner = [...head, ...body].map((line) => `  ${line}`)
  const lines = [opening, ...inner, closing]
  return { text: lines.join('\n'), dim: [...head.keys(), head.length, lines.length - 1] }
}

/**
 * Closed stdin, zx's options, a stop unless the shell has entered and every required param has a value, and the
 * params of the includes around the step as far as it uses them.
 */
function preamble(
  used: ReadonlySet<string>,
  scopes: Place['scopes'],
  required: ReadonlySet<string>,
): string[] {
  let wanted = used
  const set: string[] = []
  for (const scope of scopes.toReversed()) {
    const here = Object.entries(scope).filter(([name]) => wanted.has(name))
    const lines = here.flatMap(([name, given]) => {
      if (given.type === 'literal') return [`${name}=${quote(given.value)}`]
      return given.name === name ? [] : [`${name}="$${given.name}"`]
    })
    set.unshift(...lines)
    const outer = here.flatMap(([, given]) => (given.type === 'value' ? [given.name] : []))
    wanted = new Set([...[...wanted].filter((name) => !(name in scope)), ...outer])
  }
  const needed = [...wanted].filter((name) => required.has(name)).map((name) => ` "\${${name}:?}"`)
  return [`exec </dev/null; set -euo pipefail; : "\${DRILLBOOK_RUN:?enter first}"${needed.join('')}`, ...set]
}

function renderStatements(statements: readonly Statement[]): string[] {
  return statements.flatMap(renderStatement)
}

function renderStatement(statement: Statement): string[] {
  switch (statement.type) {
    case 'command':
      return [renderCommand(statement.command)]
    case 'retry': {
      const { attempts, delay, command } = statement
      const pause = `[ $((left-=1)) -gt 0 ]; sleep ${sleepSeconds(delay)}`
      return [`left=${attempts}`, `until ${renderCommand(command)}; do ${pause}; done`]
    }
    case 'if': {
      const otherwise = statement.otherwise.length > 0 ? ['else', ...indent(statement.otherwise)] : []
      return [
        `if ${renderCondition(statement.condition)}; then`,
        ...indent(statement.then),
        ...otherwise,
        'fi',
      ]
    }
    case 'for': {
      const values = statement.values.map(quote).join(' ')
      return [`for ${statement.variable} in ${values}; do`, ...indent(statement.body), 'done']
    }
    case 'fail':
      return [`echo ${quote(statement.message)} >&2; exit 1`]
  }
}

function renderCondition({ negated, test }: Extract<Statement, { type: 'if' }>['condition']): string {
  const not = negated ? '! ' : ''
  switch (test.type) {
    case 'set':
      return `${not}[ -n "$${test.name}" ]`
    case 'equals':
      return `${not}[ "$${test.name}" = ${quote(test.value)} ]`
    case 'ok':
      return `${not}${renderCommand(test.command)}`
  }
}

function indent(statements: readonly Statement[]): string[] {
  return renderStatements(statements).map((line) => `  ${line}`)
}
