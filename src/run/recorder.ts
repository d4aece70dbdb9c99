/** What happens in a run goes through here: redacted, written down, then shown. */
import { type NewEvent, type Sink, stamp } from './journal.ts'
import type { Event, Output } from './journal-schema.ts'
import type { Redactor } from './redact.ts'

export type Listener = (event: Event | Output) => void

export interface Recorder {
  /** Resolves when the event is in every journal and was shown. Rejects if it cannot be recorded. */
  emit(event: NewEvent): Promise<void>
  output(step: string, text: string): void
  close(): Promise<void>
}

export function record(sinks: readonly Sink[], redactor: Redactor, listeners: readonly Listener[]): Recorder {
  let queue: Promise<void> = Promise.resolve()
  const write = async (event: Event) => {
    const line = JSON.stringify(event)
    for (const sink of sinks) await sink.append(line)
    for (const listen of listeners) listen(event)
  }
  return {
    emit(event) {
      const clean = redactor.data(stamp(event))
      const written = queue.then(() => write(clean))
      // One failed write must not swallow the next event, which says why the run ended.
      queue = written.catch(() => {})
      return written
    },
    output(step, text) {
      if (text !== '') for (const listen of listeners) listen({ event: 'output', step, text })
    },
    async close() {
      await queue
      for (const sink of sinks) await sink.close()
    },
  }
}
