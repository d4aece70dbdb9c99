import { $, include, ok, retry, runbook, step } from '#runbook'

/**
 * Upgrade PostgreSQL
 *
 * Brings the database to a newer major version: a copy of the cluster is upgraded beside the old one with `pg_upgrade`,
 * every row is compared, and then the two are swapped. The old cluster is kept.
 *
 * **Use it** once a major version, after it has been rehearsed on a copy. **You need not** for minor versions: new
 * images bring those. **Do not use it** in an incident.
 *
 * **Impact.** Users see the maintenance page from “Stop the application” until “Start the application”. That takes about
 * as long as copying the data and reading it three times. Before, and after, they notice nothing.
 *
 * **Before you start.** Have an image with both versions, `scripts/images db-upgrade`, named in the environment
 * (`DB_IMAGE=drillbook/db-upgrade:TAG`), and the database running on it: `docker compose up -d --no-deps db`. It serves
 * whichever version the data has. The volume needs room for a second copy. Nothing else may connect that cannot bear
 * the new version.
 *
 * **It worked** when the last step lists a full backup of the new version. **If not**, go back: as long as nothing was written
 * to the new version, the old one is put in its place and lacks nothing. After that,
 * [Go back to the old PostgreSQL](/runbooks/downgrade-postgres/) is the way, and says what would be lost.
 *
 * **Afterwards.** [Restore the database](/runbooks/restore/) restores moments since the upgrade. When nobody wants to go back
 * any more, take `DB_IMAGE` out of the environment again, and start the database: `docker compose up -d --no-deps db`.
 */
runbook({
  category: 'Operations',
  destructive: true,
  objective: { rto: '30m', rpo: '0s' },
})

/**
 * `pg_upgrade --check` against the running database: types and libraries that the new version has no more, transactions
 * that are prepared, the room that it takes. Users are served meanwhile.
 */
await step('See whether it can be upgraded', () => $`docker compose exec -T db upgrade-preflight`)

/** Whatever comes: this one is of the old version. */
await step('Take a backup of the old version', async () => {
  await $`docker compose exec -T db pgbackrest check`
  await $`docker compose exec -T db take-backup diff`
})

/** Users see the maintenance page from here on. */
await step('Stop the application', () => $`docker compose stop app`, {
  undo: () => $`docker compose start app`,
})

/** Whoever is still connected is sent away. What was committed last goes to the repository before it stops. */
await step(
  'Stop the database',
  async () => {
    if (await ok($`docker compose exec -T db pg_isready -q`)) {
      await $`docker compose exec -T db archive-now 600`
    }
    await $`docker compose stop db`
  },
  { undo: () => $`docker compose up -d --no-deps --no-recreate db` },
)

/**
 * Counts every row of every database, copies the files, has `pg_upgrade` make them the new version’s, counts again and
 * compares, then checks every page. Nobody else is connected, and the old cluster stays as it is.
 */
await step(
  'Upgrade beside the old cluster',
  () => $`docker compose run --rm --no-deps -T db-tools upgrade-beside`,
)

/** One atomic exchange of the two directories; the old one is kept as `replaced-…`. */
await step('Swap the clusters', () => $`docker compose run --rm --no-deps -T db-tools swap-data`, {
  undo: async () => {
    await $`docker compose stop app db`
    await $`docker compose run --rm --no-deps -T db-tools upgrade-back --discard`
    await $`docker compose run --rm --no-deps -T db-tools pgbackrest --no-online --log-level-console=info stanza-upgrade`
  },
})

/** From here on it takes the log of the new version, and no other. */
await step(
  'Tell the backup repository',
  () =>
    $`docker compose run --rm --no-deps -T db-tools pgbackrest --no-online --log-level-console=info stanza-upgrade`,
)

await step('Start the new version', async () => {
  await $`docker compose up -d --no-deps --no-recreate db`
  await retry(600, '0.5s', () => $`docker compose exec -T db recovery-ended`)
})

/** They are not copied, and without them queries take the wrong way. Rough ones first. */
await step(
  'Gather statistics',
  () => $`docker compose exec -T db vacuumdb --all --analyze-in-stages --jobs=2`,
)

/** The application reads its rows from the new version, and its files, before users do. */
await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)

/**
 * Users are served again when this step has ended. From here on going back would lose what they write: it refuses, and
 * they stay served, if there is anything.
 */
await step(
  'Start the application',
  async () => {
    await $`docker compose up -d --no-deps --no-recreate app`
    await retry(
      120,
      '0.5s',
      () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`,
    )
  },
  { undo: () => $`docker compose exec -T db upgrade-written no` },
)

/** The backups of the old version stay, but cannot be rolled forward into the new one. */
await include('backup', { TYPE: 'full' })
