/** The alerts of Prometheus' rule files. Pure. */
import { parse } from 'yaml'
import { z } from 'zod'
import { ruleHash } from '../evidence/alerts.ts'

const rule = z.object({
  alert: z.string(),
  expr: z.string(),
  for: z.string().default('0s'),
  labels: z.object({
    severity: z.enum(['P0', 'P1', 'P2']),
    owner: z.string(),
    ladder: z.string().optional(),
  }),
  annotations: z.object({ condition: z.string(), summary: z.string(), runbook_url: z.string() }),
})

export interface Alert {
  name: string
  /** The group of rules that it stands in: `availability`. */
  group: string
  /** How bad it is: the severities of the page on incidents. */
  severity: 'P0' | 'P1' | 'P2'
  owner: string
  /** When it fires, in words. */
  condition: string
  /** For how long that has to be so before anybody is told: `2m`. */
  promise: string
  summary: string
  /** Of the rule: what was measured of another one says nothing of this. */
  hash: string
  runbook: { name: string; step: string; params: Record<string, string> }
}

/** Of one file, without those that tell nobody. Throws, with the name of the alert, where something is missing or the link has another form. */
export function alertsIn(file: string, source: string): Alert[] {
  const { groups } = parse(source) as { groups: { name: string; rules: Rule[] }[] }
  return groups.flatMap(({ name: group, rules }) =>
    rules
      .filter((each) => each.alert !== undefined && each.labels?.severity !== 'none')
      .map((each) => {
        const read = rule.safeParse(each)
        if (!read.success) throw new Error(`${file}: ${each.alert}: ${z.prettifyError(read.error)}`)
        const { alert, labels, annotations } = read.data
        return {
          name: alert,
          group,
          severity: labels.severity,
          owner: labels.owner,
          condition: annotations.condition,
          promise: read.data.for,
          summary: annotations.summary,
          hash: ruleHash(each),
          runbook: linkOf(`${file}: ${alert}`, annotations.runbook_url),
        }
      }),
  )
}

interface Rule {
  alert?: string
  labels?: { severity?: string }
}

const form = /^\{\{ \$externalLabels\.handbook \}\}\/runbooks\/([a-z-]+)\/\?(ON=[^#]+)#([a-z0-9-]+)$/

function linkOf(where: string, url: string): Alert['runbook'] {
  const [, name, query, step] = form.exec(url) ?? []
  if (!name || !query || !step)
    throw new Error(
      `${where}: expected a runbook_url like '{{ $externalLabels.handbook }}/runbooks/backup/?ON=…&TYPE=diff#take-the-backup', found '${url}'.`,
    )
  const params = query.split('&').map((part) => {
    const at = part.indexOf('=')
    return [part.slice(0, at), part.slice(at + 1)]
  })
  return { name, step, params: Object.fromEntries(params) }
}
