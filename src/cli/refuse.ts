import { UsageError } from '../run/errors.ts'
import type { Args } from './args.ts'

/** Throws one UsageError with all that is wrong with the command line. */
export function refuseArgs(args: Args, help = 'pnpm runbook --help'): void {
  if (args.problems.length > 0) {
    throw new UsageError('The command line is not understood.', { hints: [...args.problems, help] })
  }
}
