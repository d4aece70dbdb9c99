/** Which plays a drill consists of. */
import type { PlayRequest } from './play.ts'
import type { Drill, Rendition } from './types.ts'

export interface Selection {
  /** A part of the scenarios' names. */
  scenario?: string | undefined
  rendition?: Rendition | undefined
}

const renditions: Rendition[] = ['script', 'bash', 'zsh']

/**
 * Every scenario in every rendition; with phases, the script in each and a pasted shell in the first. bash is
 * pasted to as terminals do today, zsh character by character, and the other way round from one scenario to the next.
 */
export function plays(drill: Drill, { scenario, rendition }: Selection = {}): PlayRequest[] {
  return drill.scenarios.flatMap((one, index) =>
    renditions.flatMap((played) => {
      if (scenario && !one.scenario.toLowerCase().includes(scenario.toLowerCase())) return []
      if (rendition && played !== rendition) return []
      const request: PlayRequest = { scenario: one, rendition: played }
      if (played !== 'script') request.paste = (played === 'bash') === (index % 2 === 0) ? 'bracketed' : 'raw'
      const phases = played === 'script' ? one.phases : one.phases?.slice(0, 1)
      return phases ? phases.map((phase) => ({ ...request, phase })) : [request]
    }),
  )
}
