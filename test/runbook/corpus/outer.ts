import { $, confirm, include, runbook, step, text } from '#runbook'

/** A runbook that includes one that includes */
const { NAME, LABEL } = runbook({ params: { NAME: text('Which.'), LABEL: text('Another.', 'mine') } })

const VALUE = await step('Value', async () => (await $`probe print ${NAME}`).text())

await include('middle', { LABEL: VALUE })

await confirm('Is it right?')

await step('End', () => $`probe end ${VALUE} ${LABEL}`)
