/** Says what stopped the program, and what to do. Returns the exit code. */
import { EXIT, RunError } from '../run/errors.ts'
import { paint } from './text.ts'

export function printError(error: unknown, stream: NodeJS.WriteStream = process.stderr): number {
  const color = paint(stream)
  if (error instanceof RunError) {
    stream.write(`${color('red', '✗')} ${error.message}\n`)
    for (const hint of error.hints) stream.write(`${hint.replace(/^/gm, '  ')}\n`)
    return error.exit
  }
  if (error instanceof Error && error.name === 'SourceError') {
    stream.write(`${error.message}\n`)
    return EXIT.usage
  }
  stream.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return EXIT.failed
}
