/** Who is told of an alert, how soon and how often, from Alertmanager's configuration. Pure. */
import { parse } from 'yaml'

interface Route {
  receiver: string
  matchers?: string[]
  group_wait: string
  repeat_interval: string
  routes?: Route[]
}

export interface AlertRoute {
  severity: string
  receiver: string
  wait: string
  again: string
}

/** One for each severity that has a route of its own; the one that is given last is for all others. */
export function alertRoutes(source: string, others: string): AlertRoute[] {
  const { route } = parse(source) as { route: Route }
  return [
    ...(route.routes ?? []).filter(tells).map((each) => {
      const severity = /^severity = (P\d)$/.exec(each.matchers?.[0] ?? '')?.[1]
      if (!severity || each.matchers?.length !== 1)
        throw new Error(`Expected a route with the matcher [severity = P0], found ${each.matchers}.`)
      return row(severity, each)
    }),
    row(others, route),
  ]
}

/** All but the one for what only silences others. */
const tells = ({ matchers }: Route) => matchers?.join() !== 'severity = none'

const row = (severity: string, { receiver, group_wait, repeat_interval }: Route): AlertRoute => ({
  severity,
  receiver,
  wait: group_wait,
  again: repeat_interval,
})
