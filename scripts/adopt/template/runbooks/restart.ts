import { $, retry, runbook, step } from '#runbook'

/**
 * Restart the application
 *
 * Stops the application and starts it again, on the same version and with the same data.
 *
 * **Use it** when the application hangs, or after a secret was changed that it reads when it starts.
 *
 * **Impact.** Users see the maintenance page until the last step.
 *
 * **It worked** when the last step says so.
 */
runbook({ category: 'Application', destructive: false, objective: { rto: '5m' } })

await step('Restart the application', () => $`docker compose restart app`)

/** It answers when it has reached its database. */
await step('Wait until it serves', () =>
  retry(30, '1s', () => $`docker compose exec -T app http-ok 3000 /readyz`),
)
