/** The run's events on standard output, one JSON object a line: those of the journal, and the live output. */
import type { Display } from './display.ts'

export function jsonDisplay(stream: NodeJS.WriteStream): Display {
  return {
    listen: (event) => void stream.write(`${JSON.stringify(event)}\n`),
    notice: (text) => void process.stderr.write(`${text}\n`),
    aside: (question) => question(),
    close: () => {},
  }
}
