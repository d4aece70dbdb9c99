/** When users are served, and when not: measured from outside, ten times a second. */
import { setTimeout as sleep } from 'node:timers/promises'

const everyMilliseconds = 100

interface Sample {
  asked: number
  answered: number
  served: boolean
  /** Why they were not served, if it is known. */
  why?: string
}

export interface Watch {
  /**
   * Resolves to the seconds from `since` until users were served again and stayed so: the first good answer after
   * the last bad one. 0 if there was no bad one. Rejects if they are not served within `seconds` from now.
   */
  recovered(since: number, seconds: number): Promise<number>
  stop(): void
}

/**
 * Asks without waiting for the answer before: a request that hangs in a proxy must not hide that others are served.
 */
export function watch(serving: () => Promise<boolean>): Watch {
  const samples: Sample[] = []
  let under = 0
  const timer = setInterval(async () => {
    // More than a few that hang at once tell nothing new.
    if (under >= 10) return
    under++
    const asked = Date.now()
    const { served, why } = await serving().then(
      (answer) => ({ served: answer, why: 'the answer is not the one that was expected' }),
      (error: Error) => ({ served: false, why: error.message }),
    )
    under--
    samples.push({ asked, answered: Date.now(), served, ...(!served && { why }) })
  }, everyMilliseconds)

  return {
    async recovered(since, seconds) {
      for (
        const deadline = Date.now() + seconds * 1000;
        Date.now() < deadline;
        await sleep(everyMilliseconds)
      ) {
        const at = servedAgain(samples.filter(({ answered }) => answered >= since))
        if (at !== undefined) return Math.max(0, (at - since) / 1000)
      }
      throw new Error(
        `Users are not served ${seconds} s after the runbook ended. ${lastBad(samples, Date.now())}`,
      )
    },
    stop: () => clearInterval(timer),
  }
}

/** When they were not served last, and why. */
export function lastBad(samples: readonly Sample[], now: number): string {
  const bad = samples.toSorted((a, b) => a.asked - b.asked).findLast(({ served }) => !served)
  if (!bad) return `${samples.length} answers came, all of them good, but fewer than five after the disaster.`
  return `The last bad answer was ${((now - bad.answered) / 1000).toFixed(1)} s ago, after ${((bad.answered - bad.asked) / 1000).toFixed(1)} s: ${bad.why}`
}

/** The last five answers must be good, so that a single one by chance is not taken for recovery. */
export function servedAgain(samples: Sample[]): number | undefined {
  const last = samples.toSorted((a, b) => a.asked - b.asked)
  if (last.length < 5 || last.slice(-5).some(({ served }) => !served)) return undefined
  const bad = last.findLastIndex(({ served }) => !served)
  const good = last[bad + 1]
  return bad === -1 ? -Infinity : good?.answered
}
