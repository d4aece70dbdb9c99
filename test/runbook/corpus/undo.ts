import { $, runbook, step, text } from '#runbook'

/** Going back, and what has already happened */
const { TARGET } = runbook({ params: { TARGET: text('What.', 'x y') } })

await step('Stop', () => $`probe stop`, { undo: () => $`probe start ${TARGET}` })

await step('Already there', () => $`probe never`, {
  unless: () => $`probe exit 0`,
  undo: () => $`probe undo what was there`,
})

await step('Not there', () => $`probe make`, {
  unless: () => $`probe exit 1`,
  undo: async () => {
    if (TARGET === 'x y') await $`probe take away ${TARGET}`
    await $`probe gone`
  },
})

const VALUE = await step('Value', async () => (await $`probe print value`).text(), {
  undo: () => $`probe back from ${VALUE}`,
})

await step('End', () => $`probe end ${VALUE}`)
