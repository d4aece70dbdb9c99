/**
 * `pnpm drill NAME --failed`: plays again what failed in the last drill, and what it did not have. The rest still counts,
 * because it was played with the same fingerprint: same commands, same stack, same language.
 */
import type { Evidence } from '../evidence/schema.ts'
import { plays } from './plan.ts'
import type { PlayRequest } from './play.ts'
import type { Drill, Twin } from './types.ts'

type Key = { scenario: string; phase?: string | undefined; rendition: string }
const keyOf = ({ scenario, phase, rendition }: Key) => JSON.stringify([scenario, phase ?? '', rendition])
const keyOfRequest = ({ scenario, phase, rendition }: PlayRequest) =>
  keyOf({ scenario: scenario.scenario, phase: phase?.name, rendition })

/** What the last drill has not proven. */
export function left(drill: Drill, last: Evidence): { requests: PlayRequest[]; twins: Twin<object>[] } {
  const passed = new Set(last.plays.filter(({ result }) => result === 'passed').map(keyOf))
  const stopped = new Set(
    last.twins.filter(({ result }) => result === 'passed').map(({ scenario }) => scenario),
  )
  return {
    requests: plays(drill).filter((request) => !passed.has(keyOfRequest(request))),
    twins: drill.twins.filter(({ twin }) => !stopped.has(twin)),
  }
}

/** The last drill with what was played since in its place; plays that the drill does not have any more are dropped. */
export function complete(
  drill: Drill,
  last: Evidence,
  fresh: Omit<Evidence, 'seal'>,
): Omit<Evidence, 'seal'> {
  const all = [...last.plays, ...fresh.plays]
  const merged = plays(drill).flatMap(
    (request) => all.findLast((play) => keyOf(play) === keyOfRequest(request)) ?? [],
  )
  const said = [...last.twins, ...fresh.twins]
  const twins = drill.twins.flatMap(({ twin }) => said.findLast(({ scenario }) => scenario === twin) ?? [])
  const whole = merged.length === plays(drill).length && twins.length === drill.twins.length
  const passed = whole && [...merged, ...twins].every(({ result }) => result === 'passed')
  const { run, journal, images, versions } = fresh.run ? fresh : last
  return {
    ...{ ...fresh, run, journal, images, versions, plays: merged, twins },
    result: passed ? 'passed' : 'failed',
  }
}
