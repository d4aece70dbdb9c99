import { $, choice, fail, flag, ok, runbook, step, text } from '#runbook'

/** Conditions */
const { MODE, FORCE, NAME } = runbook({
  params: {
    MODE: choice('How.', ['fast', 'safe', 'never'], 'safe'),
    FORCE: flag('Do it anyway.'),
    NAME: text('A name.', ''),
  },
})

await step('Set or not', async () => {
  if (NAME) {
    await $`probe named ${NAME}`
  } else {
    await $`probe nameless`
  }
  if (!NAME) await $`probe really nameless`
  if (FORCE) await $`probe forced`
})

await step('Equal or not', async () => {
  if (MODE === 'fast') {
    await $`probe fast`
  } else if (MODE === 'safe') {
    await $`probe safe`
    await $`probe safer`
  } else {
    await $`probe other`
  }
  if (MODE !== 'safe') await $`probe unsafe`
  if (!(NAME === "it's")) await $`probe other name`
  if (NAME === '(') await $`probe a parenthesis`
})

await step('Succeeds or not', async () => {
  if (await ok($`probe exit 0`)) await $`probe good`
  if (await ok($`probe exit 3`)) {
    await $`probe wrong`
  } else {
    await $`probe bad`
    await $`probe worse`
  }
  if (!(await ok($`probe exit 1 | cat`))) await $`probe not`
  if (await ok($`drillbook-no-such-program`)) await $`probe never`
})

await step('Refuse', async () => {
  await $`probe before`
  if (MODE === 'never') fail('It must not be, and «never» says so.')
  await $`probe after`
})

await step('Last', () => $`probe last`)
