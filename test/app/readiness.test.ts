import { expect, test } from 'vitest'
import { createReadiness } from '../../stack/app/src/readiness.ts'

const up = async () => {}
const down = () => Promise.reject(new Error('connect ECONNREFUSED'))
const silent = () => new Promise<never>(() => {})

test('names what failed and why, and waits for nothing longer than the limit', async () => {
  const start = Date.now()
  const { ready, checks } = await createReadiness({ database: down, cache: up, store: silent }, 100)()
  expect(Date.now() - start).toBeLessThan(1000)
  expect(ready).toBe(false)
  expect(checks).toEqual({
    database: { ok: false, ms: expect.any(Number), error: 'connect ECONNREFUSED' },
    cache: { ok: true, ms: expect.any(Number) },
    store: { ok: false, ms: expect.any(Number), error: 'no answer within 100 ms' },
  })
})

test('callers at the same time share one check; the next one checks again', async () => {
  let asked = 0
  const count = async () => {
    asked++
  }
  const readiness = createReadiness({ database: count, cache: up, store: up })
  const [first, second] = await Promise.all([readiness(), readiness()])
  expect(first).toEqual({ ready: true, checks: first.checks })
  expect(second).toBe(first)
  expect(asked).toBe(1)
  await readiness()
  expect(asked).toBe(2)
})
