import { withCode } from './words.ts'

/** The cells of a Markdown table as HTML, row by row, without the line of dashes. Only code is marked up. Pure. */
export function tableCells(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .replace(/^\||\|\s*$/g, '')
        .split('|')
        .map((cell) => withCode(cell.trim())),
    )
}
