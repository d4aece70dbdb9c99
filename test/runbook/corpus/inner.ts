import { $, runbook, step, text } from '#runbook'

/** A runbook that others include */
const { LABEL, KIND } = runbook({
  params: { LABEL: text('Which.'), KIND: text('What kind.', "the default's") },
})

const COPIED = await step('Copy', async () => (await $`probe print ${LABEL}`).text(), {
  undo: () => $`probe uncopy ${LABEL} ${KIND}`,
})

await step('Show the copy', () => $`probe show ${COPIED} ${KIND}`)
