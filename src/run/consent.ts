/** Whether a run may begin, must be asked for, or is refused. Pure: asking is the caller's. */
import type { Environment } from './environment.ts'

export type Consent =
  | { kind: 'given' }
  /** A question whose default is No. */
  | { kind: 'ask' }
  /** The environment's name must be typed. */
  | { kind: 'type' }
  | { kind: 'refused'; reason: string; hint: string }

export interface ConsentRequest {
  destructive: boolean
  environment: Pick<Environment, 'name' | 'disposable'>
  /** `--yes` is true, `--yes=production` the name. */
  yes: boolean | string
  /** True if someone can be asked. */
  interactive: boolean
}

export function consent({ destructive, environment, yes, interactive }: ConsentRequest): Consent {
  const { name } = environment
  if (typeof yes === 'string') {
    if (yes === name) return { kind: 'given' }
    return { kind: 'refused', reason: `--yes=${yes} is not about ${name}.`, hint: `--yes=${name}` }
  }
  if (environment.disposable) return { kind: 'given' }
  if (destructive) {
    if (interactive) return { kind: 'type' }
    const reason = `This can destroy data on ${name}, and there is no terminal to ask on${yes ? '; --yes alone does not cover it' : ''}.`
    return { kind: 'refused', reason, hint: `--yes=${name}` }
  }
  if (yes) return { kind: 'given' }
  // What destroys nothing may run from a timer: naming the environment was deliberate enough.
  return interactive ? { kind: 'ask' } : { kind: 'given' }
}
