/**
 * What a terminal shows after it received some output. Programs that draw progress go up and write over their own
 * lines; without this, every frame of a progress bar would stand in the evidence.
 */

/** Interprets carriage return, backspace and the control sequences that move or erase. Colours are dropped. */
export function render(output: string): string {
  const lines: string[][] = [[]]
  let row = 0
  let column = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is about control characters.
  const token = /\x1b\[([\d;?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\s\S]/gu
  for (const [text, parameters = '', final] of output.matchAll(token)) {
    if (final) control(final, Number.parseInt(parameters, 10))
    else if (text === '\n') {
      row++
      // A terminal gets `\r\n`, a file only `\n`: both are read here.
      column = 0
      while (lines.length <= row) lines.push([])
    } else if (text === '\r') column = 0
    else if (text === '\b') column = Math.max(0, column - 1)
    else if (text.length <= 2 && text >= ' ') put(text)
  }
  return lines
    .map((line) => line.join('').trimEnd())
    .join('\n')
    .trim()

  function put(character: string): void {
    const line = lines[row] ?? []
    while (line.length < column) line.push(' ')
    line[column++] = character
  }

  function control(final: string, parameter: number): void {
    const count = Number.isNaN(parameter) ? 1 : Math.max(1, parameter)
    const line = lines[row] ?? []
    if (final === 'A' || final === 'F') row = Math.max(0, row - count)
    if (final === 'B' || final === 'E') {
      row += count
      while (lines.length <= row) lines.push([])
    }
    if (final === 'C') column += count
    if (final === 'D') column = Math.max(0, column - count)
    if (final === 'E' || final === 'F') column = 0
    if (final === 'G') column = count - 1
    if (final === 'K' && parameter === 2) line.length = 0
    if (final === 'K' && parameter !== 2 && parameter !== 1) line.length = Math.min(line.length, column)
    if (final === 'J' && parameter !== 1) {
      line.length = Math.min(line.length, column)
      lines.length = row + 1
    }
  }
}
