import { $, ok, retry, runbook, step } from '#runbook'

/** Loops and retries */
runbook({})

await step('For each', async () => {
  for (const NAME of ['-n', "it's !", '']) {
    await $`probe stop ${NAME}`
    if (await ok($`probe check ${NAME}`)) await $`probe checked`
  }
  await $`probe after`
})

await step('Until it works', async () => {
  await retry(5, '10ms', () => $`probe third`)
  await $`probe worked`
})

await step('Until it works in a loop', async () => {
  for (const ROLE of ['db', 'cache']) {
    await retry(2, '0.01s', () => $`probe ready ${ROLE}`)
  }
})

await step('Never works', async () => {
  await retry(3, '10ms', () => $`probe exit 4`)
  await $`probe not reached`
})

await step('Not reached', () => $`probe not reached`)
