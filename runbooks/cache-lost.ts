import { $, choice, fail, ok, retry, runbook, step } from '#runbook'

/**
 * Bring the cache back
 *
 * Brings Redis back when it does not start, or has stopped: finds out whether its files are damaged, repairs them if that
 * is possible, and otherwise sets them aside and begins empty.
 *
 * **Use it** when signing in fails, signed-in users get errors, or the application reports that the cache does not
 * answer. **You need not** when Redis answers and is empty: then its files are lost, it has begun anew by itself, and
 * people sign in again. **It cannot help** when the host is out of memory or disk: make room first.
 *
 * **Impact.** Nothing in the database or in the bucket is concerned. Everybody can read the shelf all the time. Nobody
 * can sign in or change anything until “Start the cache” has ended.
 *
 * **What is lost.** The files are written in the order in which people signed in. A repair keeps every session that
 * stands before the damage, and loses those after it, and what was written in the last second. If the damage is not at
 * the end of the newest file there is no repair: then all sessions are lost, and everybody signs in again.
 *
 * **Before you start.** Decide whether everybody may have to sign in again: `IF_BEYOND_REPAIR=empty`. Otherwise the
 * runbook stops when it comes to that, and has changed nothing.
 *
 * **It worked** when the last step says that the application is ready. **If not**, the step that stopped shows what
 * Redis said last. The damaged files are kept in the volume, as `damaged-…`, for 30 days.
 */
const { IF_BEYOND_REPAIR } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '15m' },
  params: {
    IF_BEYOND_REPAIR: choice(
      'If there is no repair: stop, or begin empty, so that everybody signs in again.',
      ['stop', 'empty'],
      'stop',
    ),
  },
})

/** As the other services see it. What Redis said last often names the file. */
await step('See whether it answers', async () => {
  if (await ok($`docker compose exec -T toolbox cache-answers`)) {
    fail(
      'The cache answers, so there is nothing to repair. Look at the application: docker compose logs --tail 50 app',
    )
  }
  await $`docker compose logs --no-log-prefix --tail 8 cache`
})

/** The engine would start it again and again, in the middle of the repair. */
await step('Stop the cache', () => $`docker compose stop cache`, {
  undo: () => $`docker compose up -d --no-deps --no-recreate cache`,
})

/** Changes nothing. Stops if it is not the files that keep Redis from starting. */
await step('Look at its files', () => $`docker compose run --rm --no-deps -T cache cache-files check`)

/** On a copy, which is loaded before it takes the place of the damaged files. They are kept. */
await step(
  'Repair the files',
  () => $`docker compose run --rm --no-deps -T cache cache-files repair ${IF_BEYOND_REPAIR}`,
)

/** People can sign in again when this step has ended. */
await step('Start the cache', async () => {
  await $`docker compose up -d --no-deps --no-recreate cache`
  if (!(await ok($`docker compose exec -T toolbox cache-answers 60`))) {
    await $`docker compose logs --no-log-prefix --tail 20 cache`
    fail('The cache does not start. What it said last stands above.')
  }
})

/** Each container of the application finds the cache again by itself. */
await step('Wait for the application', async () => {
  await retry(
    120,
    '0.5s',
    () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`,
  )
})
