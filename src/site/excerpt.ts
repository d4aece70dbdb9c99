/** Parts of files that pages show, so that nothing is copied into them. Pure. */

/**
 * The lines of `source` from the one line that starts with `from` to the first line after it that is `to` (included),
 * without the indentation they share; without `to`, up to the next empty line. Throws if `from` is not there exactly
 * once: a page would have a hole, or show the wrong part.
 */
export function excerpt(source: string, from: string, to?: string): string {
  const lines = source.split('\n')
  const starts = lines.flatMap((line, index) => (line.trimStart().startsWith(from) ? [index] : []))
  const [start] = starts
  if (start === undefined || starts.length > 1)
    throw new Error(
      `An excerpt begins at the line '${from}': expected one such line, found ${starts.length}.`,
    )
  const length = lines.slice(start).findIndex((line) => (to === undefined ? line.trim() === '' : line === to))
  if (to !== undefined && length === -1)
    throw new Error(`The excerpt that begins at '${from}' has no end: there is no line '${to}' after it.`)
  const found = lines.slice(start, length === -1 ? undefined : start + length + (to === undefined ? 0 : 1))
  const indent = Math.min(
    ...found.filter((line) => line.trim()).map((line) => /^\s*/.exec(line)?.[0].length ?? 0),
  )
  return found
    .map((line) => line.slice(indent))
    .join('\n')
    .trimEnd()
}
