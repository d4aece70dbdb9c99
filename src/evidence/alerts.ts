/** What was measured of alerts: from the cause to the arrival, and to the end. `evidence/alerts.json`. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { canonical, sha256 } from './canonical.ts'

const measured = z.strictObject({
  /** When. */
  at: z.iso.datetime(),
  /** Of the rule as it was then: see `ruleHash`. */
  rule: z.string(),
  /** The clocks of the monitoring went so many times as fast; what an operator does, did not. */
  pace: z.int().min(1),
  /** Seconds from the cause to the notification. */
  arrived: z.number().min(0),
  /** The runbook of its link, and how many seconds from the notification until it had been played. */
  runbook: z.string(),
  played: z.number().min(0),
  /** Seconds from then until the notification that it is over. */
  over: z.number().min(0),
})

export const alertEvidence = z.strictObject({
  schema: z.literal(1),
  /** By the names of the alerts. */
  alerts: z.record(z.string(), measured),
})

export type MeasuredAlert = z.infer<typeof measured>
export type AlertEvidence = z.infer<typeof alertEvidence>

/** What an alert promises, as a hash: when it changes, what was measured is about another alert. */
export function ruleHash(rule: object): string {
  return sha256(JSON.stringify(canonical(rule))).slice(0, 16)
}

/** Nothing, if no alert was ever tried. Throws if the file is none of ours. */
export function readAlertEvidence(root: string): AlertEvidence['alerts'] {
  const file = join(root, 'evidence', 'alerts.json')
  return existsSync(file) ? alertEvidence.parse(JSON.parse(readFileSync(file, 'utf8'))).alerts : {}
}
