import { $, runbook, step, text } from '#runbook'

/** Values that outlive a step */
const { START } = runbook({ params: { START: text('Where it starts.', '') } })

const FIRST = await step('First', async () => (await $`probe print ${START}`).text())

const SECOND = await step('Second', async () => (await $`probe print ${FIRST} | cat`).text(), {
  undo: () => $`probe undo ${SECOND}`,
})

await step('Use', async () => {
  await $`probe use ${FIRST} ${SECOND}`
  if (SECOND) await $`probe set`
  else await $`probe unset`
})
