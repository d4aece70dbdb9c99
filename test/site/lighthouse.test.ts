/**
 * What does not depend on how busy the machine is. The rest is measured: `pnpm bench lighthouse`.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { judge, slowdown } from '../../scripts/bench/lighthouse.ts'
import { ensureSite } from '../../src/drill/site.ts'
import { serve } from '../../src/site/serve.ts'

const root = join(import.meta.dirname, '../..')

test('Lighthouse has nothing against a runbook’s page', { timeout: 120_000 }, async () => {
  await ensureSite(root)
  const site = await serve(join(root, 'dist'))
  const only = ['accessibility', 'best-practices', 'seo']
  const { scores, complaints } = await judge(`${site.url}/runbooks/restore/`, { only })
  site.close()
  expect(complaints).toEqual([])
  expect(scores).toEqual({ accessibility: 100, 'best-practices': 100, seo: 100 })
})

test('a slow machine is slowed down less', () => {
  expect([100, 475, 800, 1300, 1533].map(slowdown)).toEqual([1, 1.5, 2, 3, 4])
})
