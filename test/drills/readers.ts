/** Users who read the shelf while a runbook works, and must notice nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tools } from './stack.ts'

export interface Load {
  /** Ends the reading. Throws if a request failed, or if there were too few to tell. */
  stop(): Promise<void>
}

/** Four users, without a pause that would hide a stall; for four minutes at most. */
export function startReading({ http }: Tools): Load {
  const failed: string[] = []
  let requests = 0
  let ended = false
  const until = Date.now() + 240_000
  const users = Array.from({ length: 4 }, async () => {
    while (!ended && Date.now() < until) {
      requests++
      const status = await http('/api/books?limit=20').then(
        (answer) => answer.status,
        (error: Error) => error.message,
      )
      if (status !== 200) failed.push(String(status))
      await sleep(20)
    }
  })
  return {
    async stop() {
      ended = true
      await Promise.all(users)
      if (requests < 50) throw new Error(`There was no load: ${requests} requests.`)
      if (failed.length > 0)
        throw new Error(`${failed.length} of ${requests} requests failed: ${failed.slice(0, 3)}`)
    },
  }
}
