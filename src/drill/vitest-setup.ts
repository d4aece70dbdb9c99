/** Before and after all drills of a test run: nothing is left of an earlier one, and the site is what is in the checkout. */
import { handOver, removeFree } from './handover.ts'
import { seedOf } from './sample.ts'
import { ensureSite } from './site.ts'
import { sweep } from './stack.ts'

export async function setup(): Promise<void> {
  const root = process.cwd()
  console.log(`The sample of the drills is drawn by DRILL_SEED=${seedOf(root)}`)
  await sweep(root)
  await ensureSite(root)
}

export async function teardown(): Promise<void> {
  const root = process.cwd()
  await removeFree(root, handOver(process.pid))
  await sweep(root)
}
