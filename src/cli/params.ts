/** The values of a runbook's params: from the command line, the environment's file, its defaults, or a question. */
import type { Environment } from '../run/environment.ts'
import { UsageError } from '../run/errors.ts'
import type { Document, Param } from '../runbook/document.ts'
import { example, validateParam } from '../runbook/params.ts'

export interface Values {
  values: Record<string, string>
  missing: Param[]
}

/** What is known without asking. An environment may set a param's default: `PARAM_RESTORE_TO='…'`. */
export function knownValues(
  document: Document,
  given: Record<string, string>,
  environment?: Environment,
): Values {
  const values: Record<string, string> = {}
  const missing: Param[] = []
  for (const param of document.params) {
    const value = given[param.name] ?? (environment?.entries[`PARAM_${param.name}`] || param.default)
    if (value === undefined) missing.push(param)
    else values[param.name] = value
  }
  return { values, missing }
}

/** Throws one UsageError with every problem: missing values and bad ones, each with an example. */
export function refuseBadValues(document: Document, { values, missing }: Values): void {
  const problems = [
    ...missing.map((param) => `--${param.name} is missing: ${param.description} Example: ${example(param)}`),
    ...document.params.flatMap((param) => {
      const value = values[param.name]
      return (value !== undefined && validateParam(param, value)) || []
    }),
  ]
  if (problems.length > 0) {
    throw new UsageError(`${document.name} cannot be played like this:`, {
      hints: [...problems, `pnpm runbook ${document.name} --help`],
    })
  }
}
