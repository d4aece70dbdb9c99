/** How a runbook was played, whatever the rendition: what evidence and twins need to know of it. */
export interface Played {
  /** True if every step was finished; of an undo: if it went back over all of them. */
  done: boolean
  steps: { title: string; slug: string; seconds: number; output: string }[]
  /** What the operator saw last, if it was not finished. */
  message: string
  /** The run whose journal tells it; undefined for a pasted shell, which keeps none. */
  run?: string
  /** What the terminal received, for a pasted shell. */
  recording?: [number, string][]
}
