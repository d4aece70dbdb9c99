import { $, include, moment, ok, retry, runbook, step } from '#runbook'

/**
 * Restore the database
 *
 * Rebuilds PostgreSQL from the backup repository and replays the write-ahead log, either to the newest state
 * or to the moment you choose.
 *
 * **Use it** after a bad migration, an accidental delete or corruption, or when the data directory is lost.
 * **Do not use it** to get a few rows back, or because the application is slow: everything that was written
 * after the chosen moment is discarded.
 *
 * **Impact.** Users see the maintenance page from “Stop the application” until “Start the application”.
 * The old cluster is not touched until the restored one has been recovered and checked beside it; after that
 * it is kept. If a step fails, going back leaves the database as it was.
 *
 * **Before you start.** Choose the moment: the last one at which all was well, from the logs or from whoever
 * saw it. The disk needs room for a second copy of the database.
 */
const { RESTORE_TO } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '30m', rpo: '15m' },
  params: {
    RESTORE_TO: moment('Restore to this moment. Empty: everything that can be had.', ''),
  },
})

/**
 * Refuses a moment that the repository cannot serve, and names what it can. What it prints is the timeline that
 * leads to the moment: after an earlier restore there are several. Nothing has been changed yet.
 */
const TIMELINE = await step('Find the way to the moment', async () =>
  (await $`docker compose run --rm --no-deps -T db-tools recovery-window ${RESTORE_TO}`).text(),
)

/** In the one form that both PostgreSQL and pgBackRest read. Nothing, if no moment was given. */
const TARGET = await step('Write the moment in UTC', async () =>
  (await $`docker compose run --rm --no-deps -T db-tools moment-in-utc ${RESTORE_TO}`).text(),
)

/** Users see the maintenance page from here on. */
await step('Stop the application', () => $`docker compose stop app`, {
  undo: () => $`docker compose start app`,
})

/**
 * If the database still runs, what it wrote last goes to the repository. If it cannot, its write-ahead log is
 * salvaged in a later step.
 */
await step('Archive the last changes', async () => {
  if (await ok($`docker compose exec -T db archive-now`)) {
    await $`echo 'Everything that was committed is in the repository.'`
  } else {
    await $`echo 'The database could not archive. What is left of its write-ahead log is salvaged below.'`
  }
})

await step('Stop the database', () => $`docker compose stop db`, {
  undo: () => $`docker compose up -d --no-deps --no-recreate db`,
})

/**
 * Into an empty directory beside the old one, which stays as it is. `alone` waits for a restore that an operator who
 * is gone has left running in its container.
 */
await step('Restore the files', async () => {
  await $`docker compose run --rm --no-deps -T db-tools prepare-restore`
  if (RESTORE_TO) {
    await $`docker compose run --rm --no-deps -T db-tools alone pgbackrest restore --pg1-path=/var/lib/postgresql/restored --type=time --target=${TARGET} --target-action=promote --target-timeline=${TIMELINE}`
  } else {
    await $`docker compose run --rm --no-deps -T db-tools alone pgbackrest restore --pg1-path=/var/lib/postgresql/restored`
  }
})

/** Transactions that had not reached the repository are in the old cluster's log, if that is still there. */
await step('Salvage the write-ahead log', () => $`docker compose run --rm --no-deps -T db-tools salvage-wal`)

/**
 * Replays the log up to the moment, beside the old cluster and without network, then checks the
 * checksum of every page. It does not begin a new timeline yet, so that it can still be given up without a trace.
 */
await step('Recover and check', () => $`docker compose run --rm --no-deps -T db-tools recover-beside`)

/** One atomic exchange of the two directories. The old one is kept as `replaced-…`. */
await step('Swap the clusters', () => $`docker compose run --rm --no-deps -T db-tools swap-data`, {
  undo: async () => {
    await $`docker compose stop db`
    await $`docker compose run --rm --no-deps -T db-tools swap-data --back`
  },
})

/** `pg_isready` is green before recovery has ended; this waits for its real end. */
await step('Start the database', async () => {
  await $`docker compose up -d --no-deps --no-recreate db`
  await retry(600, '0.5s', () => $`docker compose exec -T db recovery-ended`)
})

/** Secrets may have been rotated since that moment: the roles came back with the passwords of then. */
await step('Give the roles the passwords of today', () => $`docker compose exec -T db database-secret set`)

/** Rows without their file, and files without their row: the two are restored to different moments. */
await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)

/** Users are served again when this step has ended. */
await step('Start the application', async () => {
  await $`docker compose up -d --no-deps --no-recreate app`
  await retry(
    120,
    '0.5s',
    () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`,
  )
})

/**
 * The restored database writes to a new timeline. A full backup on it makes the next restore short. Nothing
 * expires: the backups of the old timeline stay until the incident is over.
 */
await include('backup', { TYPE: 'full' })

/** The newest replaced cluster stays; older ones go, now that there is a new backup. */
await step('Remove older replaced clusters', () => $`docker compose exec -T db remove-replaced`)
