import { $, include, runbook, step, text } from '#runbook'

/** A runbook that includes, and is included */
const { LABEL } = runbook({ params: { LABEL: text('Which.', 'l') } })

await step('Before the inner', () => $`probe before ${LABEL}`)

await include('inner', { LABEL, KIND: LABEL })

await step('After the inner', () => $`probe after ${LABEL}`)
