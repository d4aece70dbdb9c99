import { $, integer, retry, runbook, step } from '#runbook'

/**
 * Free the database’s connections
 *
 * Shows who holds the connections of the database and of the pooler, and ends the sessions that hold one without working.
 *
 * **Use it** when users get errors, the database runs, and its log says `too many clients`, `remaining connection slots
 * are reserved` or the pooler’s `query_wait_timeout`. **Do not use it** when the database is slow because it has much to do:
 * a session that works is not ended, and the runbook stops and says which those are.
 *
 * **Impact.** Users who get errors are served again after “End them”. What an ended session had not committed is rolled
 * back; its program sees an error. The scheduler’s sessions, backups, dumps, replication and the superuser’s are never
 * ended, nor are the pooler’s that wait for the next user. The database ends idle transactions by itself after five
 * minutes; this is for those who cannot wait.
 *
 * **Before you start.** Think of who may rest on purpose: a person at a `psql` prompt, or a migration that waits for its
 * operator. Choose a longer `IDLE_SECONDS` if there is one.
 *
 * **It worked** when “See that users are served” has ended and the last report shows room. **If not**, or if they come
 * back: stop the program that opens them. The report says its name and where it runs.
 */
const { IDLE_SECONDS } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '15m', rpo: '15m' },
  params: {
    IDLE_SECONDS: integer('End sessions that have rested for longer than so many seconds.', '60'),
  },
})

/** Role, program, where it runs, what it does and for how long. Of the superuser’s own connections one is used for it. */
await step('See who holds them', () => $`docker compose exec -T db connection-holders`)

/** Changes nothing. Stops if there is none, and says what else to do. */
await step(
  'Find what can be ended',
  () => $`docker compose exec -T db end-idle-sessions --list ${IDLE_SECONDS}`,
)

/** Users are served again when this step has ended. */
await step('End them', () => $`docker compose exec -T db end-idle-sessions ${IDLE_SECONDS}`)

/** The pooler, and the application behind it, connect again by themselves. */
await step('See that users are served', async () => {
  await retry(
    60,
    '0.5s',
    () => $`docker compose exec -T toolbox curl -fsS -o /dev/null 'http://app:3000/api/books?limit=1'`,
  )
})

await step('See who holds them now', () => $`docker compose exec -T db connection-holders`)
