/** Cuts output into lines as they are complete. A carriage return begins the line again, as on a terminal. */
import { stripVTControlCharacters } from 'node:util'

export interface Lines {
  /** The lines that became complete. */
  write(text: string): string[]
  /** What stands after the last newline; it is forgotten. */
  end(): string[]
  /** The same, kept. */
  readonly rest: string
}

export function lines(): Lines {
  let rest = ''
  return {
    write(text) {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      return parts.map(visible)
    },
    end() {
      const last = visible(rest)
      rest = ''
      return last === '' ? [] : [last]
    },
    get rest() {
      return visible(rest)
    },
  }
}

function visible(line: string): string {
  const last = line.replace(/\r+$/, '').split('\r').at(-1) ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a bell or a backspace would spoil the display.
  return stripVTControlCharacters(last).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
}
