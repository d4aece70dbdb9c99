/** The secret params of a run that goes on. */
import { UsageError } from '../run/errors.ts'
import type { Document } from '../runbook/document.ts'
import { askParam, isInteractive } from './prompts.ts'

/** A secret is in no journal: it is given or asked for again. */
export async function withSecrets(
  document: Document,
  before: Record<string, string>,
  given: Record<string, string>,
  secrets: readonly string[],
): Promise<Record<string, string>> {
  const values = { ...before }
  for (const name of secrets) {
    const param = document.params.find((each) => each.name === name)
    const value = given[name] ?? (param && isInteractive() ? await askParam(param) : undefined)
    if (value === undefined) {
      throw new UsageError(`${name} is a secret, so the journal does not have it.`, {
        hints: [`--${name} …`],
      })
    }
    values[name] = value
  }
  return values
}
