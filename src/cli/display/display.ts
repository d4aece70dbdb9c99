/** What a way of showing a run has to offer. The run knows only the listener. */
import type { Listener } from '../../run/recorder.ts'

export interface Display {
  listen: Listener
  /** One line that belongs to no step, while the run goes on. */
  notice(text: string): void
  /** Leaves the terminal to a question until the answer is there. */
  aside<Answer>(question: () => Promise<Answer>): Promise<Answer>
  close(): void
}

/** How long each step took in the last drill, in seconds, by slug. */
export type Usual = ReadonlyMap<string, number>
