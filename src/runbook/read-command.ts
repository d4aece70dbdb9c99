import type { Argument, Expression, TaggedTemplateExpression } from 'oxc-parser'
import type { Command, Piece } from './document.ts'
import { checkPrograms } from './programs.ts'
import { excerpt, type Reading } from './reading.ts'
import { tokenize, type Unit } from './words.ts'

/** `` $`…` `` → Command. Reports everything that its text or its interpolations must not be. */
export function readCommand(
  reading: Reading,
  node: Argument | Expression,
  instead: string,
): Command | undefined {
  if (node.type !== 'TaggedTemplateExpression' || node.tag.type !== 'Identifier' || node.tag.name !== '$') {
    reading.report(node.start, excerpt(reading, node), instead)
    return undefined
  }
  const units = readUnits(reading, node)
  const before = reading.problems.length
  const tokens = tokenize(units, reading.report)
  if (reading.problems.length === before) checkPrograms(reading, tokens, node.end - 1)
  const command = { pieces: pieces(units), position: reading.position(node.start) }
  checkSecrets(reading, node, command)
  reading.commands.push(command)
  return command
}

/** `` () => $`…` `` → Command. */
export function readLazyCommand(
  reading: Reading,
  node: Argument | Expression,
  what: string,
): Command | undefined {
  const instead = `${what} as one command: () => $\`…\``
  if (node.type === 'ArrowFunctionExpression' && node.expression && !node.async && node.params.length === 0) {
    return readCommand(reading, node.body as Expression, instead)
  }
  reading.report(node.start, excerpt(reading, node), instead)
  return undefined
}

function readUnits(reading: Reading, node: TaggedTemplateExpression): Unit[] {
  const { quasis, expressions } = node.quasi
  return quasis.flatMap((quasi, index): Unit[] => {
    const expression = expressions[index]
    const text = readText(reading, quasi.start + 1, quasi.value.raw)
    return expression ? [...text, ...readInterpolation(reading, expression)] : text
  })
}

/** The characters of a template's literal part. JavaScript's escapes are not for readers; `\\`, `` \` `` and `\$` must be. */
function readText(reading: Reading, start: number, raw: string): Unit[] {
  const units: Unit[] = []
  let at = start
  for (const [piece] of raw.matchAll(/\\[\s\S]|[\s\S]/gu)) {
    if (piece.length > 1 && piece.startsWith('\\') && !/^\\[\\`$]$/.test(piece)) {
      reading.report(
        at,
        `the JavaScript escape \`${piece}\``,
        `\`\\${piece}\`, if the program is to see a backslash`,
      )
    }
    units.push({ at, char: piece.startsWith('\\') ? piece.slice(1) : piece })
    at += piece.length
  }
  return units
}

function readInterpolation(reading: Reading, node: Expression): Unit[] {
  if (node.type !== 'Identifier' || !reading.names.has(node.name)) {
    const known = [...reading.names.keys()].join(', ') || 'there is none yet'
    const kind = 'a param, an earlier value or the loop variable'
    reading.report(node.start, `\`\${${reading.source.slice(node.start, node.end)}}\``, `${kind} (${known})`)
    return []
  }
  return [{ at: node.start, value: node.name }]
}

function pieces(units: readonly Unit[]): Piece[] {
  const result: Piece[] = []
  for (const unit of units) {
    const last = result.at(-1)
    if ('value' in unit) result.push({ type: 'value', name: unit.value })
    else if (last?.type === 'text') last.text += unit.char
    else result.push({ type: 'text', text: unit.char })
  }
  return result
}

/**
 * A secret in an argument would stand in the list of processes. `printf` is part of the shell, and what it prints
 * goes into a pipe.
 */
function checkSecrets(
  reading: Reading,
  node: TaggedTemplateExpression,
  { pieces: [before, , after] }: Command,
): void {
  const printed =
    before?.type === 'text' &&
    before.text === 'printf %s ' &&
    after?.type === 'text' &&
    /^ ?\|/.test(after.text)
  for (const [index, expression] of node.quasi.expressions.entries()) {
    if (expression.type !== 'Identifier' || reading.names.get(expression.name)?.kind !== 'secret') continue
    if (index === 0 && printed) continue
    reading.report(expression.start, 'a secret in an argument', `printf %s \${${expression.name}} | …`)
  }
}
