import { $, choice, retry, runbook, step } from '#runbook'

/**
 * Restart a service that hangs
 *
 * Starts one service of the stack anew and waits until users are served.
 *
 * **Use it** when one service does not answer and the others are well. **Do not use it** for the database.
 *
 * **Impact.** Users may see an error for some seconds.
 */
const { SERVICE } = runbook({
  category: 'Operation',
  destructive: true,
  objective: { rto: '5m' },
  params: {
    SERVICE: choice('Which service hangs.', ['cache', 'pooler'], 'cache'),
  },
})

/** For whoever looks for the cause later: what it said last goes into the journal. */
await step('Keep its last words', () => $`docker compose logs --no-color --tail 50 ${SERVICE}`)

await step('Restart it', () => $`docker compose restart ${SERVICE}`)

/** Returns when its own health check is green. */
await step(
  'Wait until it is healthy',
  () => $`docker compose up -d --wait --no-deps --no-recreate ${SERVICE}`,
)

/** Users are served again when this step has ended. */
await step('Wait until users are served', async () => {
  await retry(60, '1s', () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`)
})
