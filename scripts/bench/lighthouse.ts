/** What Lighthouse thinks of the built site’s key pages, beside plain Starlight: a phone, a slow network. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import lighthouse from 'lighthouse'
import * as constants from 'lighthouse/core/config/constants.js'
import { chromium } from 'playwright-core'
import { freePort } from '../../src/drill/free-port.ts'
import { ensureSite } from '../../src/drill/site.ts'
import type { Row } from '../../src/site/performance.ts'
import { serve } from '../../src/site/serve.ts'
import { inTurn, rowsOf } from './result.ts'
import { buildPlain } from './site.ts'

export const keyPages = ['/', '/deploy/', '/runbooks/', '/runbooks/restore/']
const categories = ['performance', 'accessibility', 'best-practices', 'seo']

export async function quality(root: string, rounds = 3): Promise<Row[]> {
  const parent = join(root, '.drillbook', 'bench')
  mkdirSync(parent, { recursive: true })
  const work = mkdtempSync(join(parent, 'plain-'))
  try {
    await ensureSite(root)
    await buildPlain(root, work)
    const [plain, ours] = [await serve(join(work, 'dist')), await serve(join(root, 'dist'))]
    const pages = [
      ['plain Starlight', `${plain.url}/runbooks/restore/`] as const,
      ...keyPages.map((path) => [path, ours.url + path] as const),
    ]
    const { machine } = await judge(`${plain.url}/runbooks/restore/`)
    const multiplier = slowdown(machine)
    console.error(
      `This machine, as busy as it is: ${machine}; processors are slowed down ${multiplier.toFixed(1)} times.`,
    )
    const scores = new Map<string, Record<string, number>>()
    const times = await inTurn(
      rounds,
      Object.fromEntries(
        pages.flatMap(([who, url]) =>
          categories.map((category, index) => [
            `${who}, ${category}`,
            async () => {
              if (index === 0) scores.set(url, (await judge(url, { multiplier })).scores)
              return scores.get(url)?.[category] ?? Number.NaN
            },
          ]),
        ),
      ),
    )
    plain.close()
    ours.close()
    return rowsOf(times, 'of 100')
  } finally {
    rmSync(work, { recursive: true })
  }
}

export interface Judgement {
  /** Category → points, of 100. */
  scores: Record<string, number>
  /** What cost points, with what Lighthouse says about it. */
  complaints: string[]
  /** How fast this machine was: Lighthouse’s own measure. */
  machine: number
}

/** How much slower than such a machine the phone is that Lighthouse means. From its own calculator. */
export function slowdown(machine: number): number {
  if (machine >= 1300) return 3 + (machine - 1300) / 233
  if (machine >= 800) return 2 + (machine - 800) / 500
  return Math.max(1, 1 + (machine - 150) / 650)
}

export async function judge(
  url: string,
  { multiplier = 4, only = categories }: { multiplier?: number; only?: string[] } = {},
): Promise<Judgement> {
  const port = await freePort()
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', `--remote-debugging-port=${port}`],
  })
  try {
    const { mobileSlow4G } = constants.throttling
    const result = await lighthouse(url, {
      port,
      logLevel: 'error',
      onlyCategories: only,
      throttling: { ...mobileSlow4G, cpuSlowdownMultiplier: multiplier },
    })
    if (!result) throw new Error(`Lighthouse has nothing to say about ${url}.`)
    const { lhr } = result
    const all = Object.values(lhr.categories)
    const counted = new Set(
      all.flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => id)),
    )
    return {
      scores: Object.fromEntries(all.map(({ id, score }) => [id, Math.round((score ?? 0) * 100)])),
      complaints: Object.values(lhr.audits)
        .filter(({ id, score }) => counted.has(id) && score !== null && score < 0.9)
        .map(({ id, title, displayValue = '' }) => `${id}: ${title} ${displayValue}`),
      machine: lhr.environment.benchmarkIndex,
    }
  } finally {
    await browser.close()
  }
}
