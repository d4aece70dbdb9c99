/** Text for terminals: colour where it is wanted, widths, durations. */
import { stripVTControlCharacters, styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]
export type Stream = NodeJS.WriteStream

/** Colours if the stream is a terminal that wants them; honours NO_COLOR and FORCE_COLOR. */
export function paint(stream: Stream): (style: Style, text: string) => string {
  return (style, text) => styleText(style, text, { stream })
}

/** Columns of the terminal; 80 where there is none. */
export function width(stream: Stream): number {
  return stream.columns > 20 ? stream.columns : 80
}

/** Cuts a line to so many columns, with … in place of what is left out. */
export function clip(text: string, columns: number): string {
  const plain = [...stripVTControlCharacters(text).replaceAll('\t', '  ')]
  return plain.length <= columns ? plain.join('') : `${plain.slice(0, Math.max(0, columns - 1)).join('')}…`
}

/** Breaks text at spaces; paragraphs and lines that are indented stay as they are. */
export function wrap(text: string, columns: number, indent = ''): string {
  const room = columns - indent.length
  return text
    .split(/\n{2,}/)
    .flatMap((paragraph, index) => [
      ...(index > 0 ? [''] : []),
      ...(/^( {2,}|[-*|>]|\d+\.)/m.test(paragraph)
        ? paragraph.split('\n')
        : fill(paragraph.split(/\s+/).filter(Boolean), room)),
    ])
    .map((line) => (line === '' ? '' : indent + line))
    .join('\n')
}

function fill(words: readonly string[], columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** `0.4 s`, `14 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const two = (value: number) => String(value).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`
}

/** Rows as columns, two spaces between; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, stripVTControlCharacters(cell).length)
    }
  }
  const pad = (cell: string, index: number) =>
    cell + ' '.repeat((widths[index] ?? 0) - stripVTControlCharacters(cell).length)
  return rows
    .map(
      (row) =>
        indent + row.map((cell, index) => (index === row.length - 1 ? cell : pad(cell, index))).join('  '),
    )
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Markdown for a terminal: emphasis marks and link targets go, code stays in its backticks. */
export function plainMarkdown(markdown: string): string {
  return markdown.replace(/\*\*([^*]+)\*\*/g, '$1').replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
}
