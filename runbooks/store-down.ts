import { $, fail, ok, retry, runbook, step } from '#runbook'

/**
 * Bring the object store back
 *
 * Starts the store again when it does not answer, and waits until the database has archived what it kept back meanwhile.
 *
 * **Use it** when covers are missing everywhere, uploads fail, archiving fails, the backups cannot be read, or the application
 * reports that the store does not answer. **Do not use it** when single files are gone: [bring files
 * back](/runbooks/recover-objects/). **It cannot help** when the store is somebody else’s (`ASSETS_ENDPOINT`,
 * `BACKUPS_ENDPOINT`), or when its volume is lost: it stops then. For a store that answers, but refuses a service its key, it
 * says what to do.
 *
 * **Impact.** While the store is away, rows are read and written as always. Files are neither read nor written, and there
 * is no new backup. The write-ahead log stays on the database’s own disk until it can be archived: nothing of it is
 * lost, unless that disk fails, too, and the second step says how long there is room. Users have their files
 * again after “Start the store”.
 *
 * **Before you start.** See to it that the host has room on its disks: a store that ran out of it is not helped by a start.
 *
 * **It worked** when “Wait for the archive” says that the repository has everything, and the comparison lists no rows
 * without objects. **If not**, the step that stopped says what is missing. As long as the store is away, watch the room:
 * a database whose disk is full stops.
 */
runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '30m', rpo: '15m' },
})

/** As the other services see it. What it said last, and its state, often name the cause. */
await step('See whether it answers', async () => {
  if (await ok($`docker compose exec -T toolbox store-answers`)) {
    fail(
      'The store answers, so there is nothing to start. If it refuses a service, write the keys again: docker compose run --rm --no-deps secrets. Else look at the application: docker compose logs --tail 50 app',
    )
  }
  await $`docker compose ps --all store`
  await $`docker compose logs --no-log-prefix --tail 8 store`
})

/** How much of the log waits, how fast it grows, and how much room there is for it. */
await step('See how long there is', () => $`docker compose exec -T db wal-room`)

/** Secrets, certificate, volume, room. Stops here if a start cannot succeed, or would begin an empty store. */
await step('See whether it can start', () => $`docker compose run --rm --no-deps -T store store-preflight`)

/**
 * In a new container, which also helps if it hangs or has lost its networks. It is stopped cleanly first, and its volume
 * is kept. Users have their files again when this step has ended.
 */
await step('Start the store', async () => {
  await $`docker compose rm --stop --force store`
  await $`docker compose up -d --no-deps store`
  if (!(await ok($`docker compose exec -T toolbox store-answers 120`))) {
    await $`docker compose logs --no-log-prefix --tail 20 store`
    fail('The store does not start. What it said last stands above.')
  }
})

/** The database archives what it kept back, oldest first, by itself; this waits for its end. */
await step('Wait for the archive', () => $`docker compose exec -T db archive-now 600`)

await step('Wait for the application', async () => {
  await retry(
    120,
    '0.5s',
    () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`,
  )
})

/** Rows without their file, and files without their row. */
await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)
