import type { Dependency } from './unavailable.ts'

type Check = { ok: boolean; ms: number; error?: string }
export type Readiness = { ready: boolean; checks: Record<Dependency, Check> }

type Pings = Record<Dependency, () => Promise<void>>

/**
 * Asks all dependencies in parallel and waits for none longer than `timeout` milliseconds. Callers that come while
 * a check runs share its result: many probes cost no more than one.
 */
export function createReadiness(pings: Pings, timeout = 2000): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined

  async function checkAll(): Promise<Readiness> {
    const names = Object.keys(pings) as Dependency[]
    const results = await Promise.all(names.map((name) => check(pings[name], timeout)))
    const checks = Object.fromEntries(names.map((name, i) => [name, results[i]])) as Record<Dependency, Check>
    return { ready: results.every(({ ok }) => ok), checks }
  }

  return () => {
    running ??= checkAll().finally(() => {
      running = undefined
    })
    return running
  }
}

async function check(ping: () => Promise<void>, timeout: number): Promise<Check> {
  const start = performance.now()
  const ms = () => Math.round(performance.now() - start)
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeout} ms`)), timeout)
  try {
    await Promise.race([ping(), late])
    return { ok: true, ms: ms() }
  } catch (error) {
    const { message, name } = error as Error
    return { ok: false, ms: ms(), error: message || name }
  } finally {
    clearTimeout(timer)
  }
}
