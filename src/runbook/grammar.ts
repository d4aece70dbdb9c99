import type { Command } from './document.ts'
import type { Reading } from './reading.ts'
import { renderCommand } from './render-command.ts'

/**
 * Lets a real shell parser read every command, all at once (it is a WebAssembly program that starts anew for each
 * text): each must be one statement, in the foreground, not negated. `words.ts` is meant to have refused everything
 * else before; this notices what it overlooks.
 */
export async function checkGrammar(reading: Reading): Promise<void> {
  const { commands } = reading
  if (commands.length === 0) return
  const texts = commands.map(renderCommand)
  if (await isOneEach(texts)) return
  for (const [index, text] of texts.entries()) {
    if (!(await isOneEach([text]))) report(reading, commands[index] as Command, text)
  }
}

async function isOneEach(lines: readonly string[]): Promise<boolean> {
  const { parse } = await import('sh-syntax')
  try {
    const { Stmts: found } = await parse(lines.join('\n'))
    const simple = found.filter(
      (each, index) => each.Pos.Line === index + 1 && !each.Negated && !each.Background,
    )
    return found.length === lines.length && simple.length === lines.length
  } catch {
    return false
  }
}

function report(reading: Reading, command: Command, text: string): void {
  const starts = reading.source.split('\n').slice(0, command.position.line - 1)
  const offset = starts.reduce((sum, line) => sum + line.length + 1, 0) + command.position.column - 1
  reading.report(offset, `\`${text}\`, which is not one command for a shell`, 'one pipeline of programs')
}
