/**
 * What users notice of a new version: `deploy` beside a plain `docker compose up`, on one stack, in turn, while requests come
 * on time, whether earlier ones were answered or not. Rows for `pnpm bench` as JSON on standard output.
 *
 *   node scripts/bench/deploy.ts [--rate 200] [--runs 3]
 */
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { loadOf, startLoad } from '../../test/drills/load.ts'
import { build, haveLiveName, nextVersion } from '../../test/drills/releases.ts'
import { system } from '../../test/drills/stack.ts'
import { onStack, play } from './on-stack.ts'
import { rowsOf } from './result.ts'

const { values } = parseArgs({ options: { rate: { type: 'string' }, runs: { type: 'string' } } })
const rate = Number(values.rate ?? 200)
const runs = Number(values.runs ?? 3)

await onStack(async (stack) => {
  const tools = await system.tools(stack)
  const scene = { ...tools, stack }
  await haveLiveName(scene)
  const live = stack.entries.APP_IMAGE ?? ''
  const variants: Record<string, (image: string) => Promise<unknown>> = {
    'docker compose up': async (image) => {
      await execa('docker', ['tag', image, live])
      await stack.compose(['up', '--detach', '--no-deps', '--wait', 'app'])
    },
    deploy: (image) => play(stack, 'deploy', { params: { IMAGE: image, WATCH_SECONDS: '10' } }),
  }
  const failures: Record<string, number[]> = {}
  const waits: Record<string, number[]> = {}
  for (const name of Object.keys(variants)) {
    failures[`${name}, requests that failed`] = []
    waits[`${name}, 99 of 100 requests took up to`] = []
  }
  for (let run = 0; run < runs; run++)
    for (const [name, change] of Object.entries(variants)) {
      const image = await build(scene, await nextVersion(scene))
      await startLoad(scene, rate)
      const load = loadOf(scene)
      const began = Date.now()
      await change(image)
      await load.stop()
      const during = load.answers.filter((answer) => answer.began >= began)
      const failed = during.filter(({ status }) => status !== 200 && status !== 201).length
      const slow = during.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(during.length * 0.99)] ?? 0
      console.error(`${name}: ${failed} of ${during.length} failed, 99 % took up to ${Math.round(slow)} ms`)
      failures[`${name}, requests that failed`]?.push((100 * failed) / during.length)
      waits[`${name}, 99 of 100 requests took up to`]?.push(slow)
    }
  await tools.close()
  return [...rowsOf(failures, '%'), ...rowsOf(waits, 'ms')]
})
