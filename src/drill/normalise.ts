/**
 * Takes out of a command's output what differs from one run to the next and means nothing, so that evidence of two
 * equal drills is equal, and a reader sees what an operator would see.
 */
import { render } from './screen.ts'

/** How much of a command's output is kept: the end, where the result stands. */
const linesKept = 24

const replacements: [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|\+00(?::?00)?| UTC)?/g, 'YYYY-MM-DD HH:MM:SS'],
  [/\b\d{8}-\d{6}F(?:_\d{8}-\d{6}[DI])?/g, 'BACKUP'],
  [/\b\d{8}T\d{6}Z\b/g, 'YYYYMMDDTHHMMSSZ'],
  [/\b[0-9A-F]{24}\b/g, 'WAL-SEGMENT'],
  [/\b[0-9A-F]{1,8}\/[0-9A-F]{6,8}\b/g, 'LSN'],
  [/\b[0-9a-f]{64}\b/g, 'ID'],
  [/\b[0-9a-f]{12}\b/g, 'ID'],
  [/\b\d+(?:\.\d+)?(?:ms|s)\b/g, 'N s'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID'],
]

/** `name` is the environment's: pages speak of the sandbox. */
export function normalise(output: string, name: string): string {
  let text = render(output).replaceAll(name, 'sandbox')
  for (const [pattern, word] of replacements) text = text.replace(pattern, word)
  const lines = text.split('\n').filter((line, index, all) => line !== all[index - 1])
  return lines.length > linesKept ? ['…', ...lines.slice(-linesKept)].join('\n') : lines.join('\n')
}
