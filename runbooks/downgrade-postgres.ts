import { $, choice, include, ok, retry, runbook, step } from '#runbook'

/**
 * Go back to the old PostgreSQL
 *
 * Puts the cluster of the old major version, which [Upgrade PostgreSQL](/runbooks/upgrade-postgres/) has kept, in its
 * place again.
 *
 * **Use it** when the application turns out not to work with the new version, soon after the upgrade. **It is possible**
 * as long as the old cluster is there: a restore since then, or “Make room on a full disk”, may have taken it. **Do not
 * use it** to undo a mistake in the data: [restore](/runbooks/restore/).
 *
 * **Impact.** Everything that was written since the upgrade is gone from the served database. Users see the maintenance
 * page from “Stop the application” until “Start the application”: some seconds, whatever the size.
 *
 * **Before you start.** Read what the first step says would be lost; the users who wrote it must be told. The backup that
 * is taken then has it: it can be read with [Verify a backup](/runbooks/verify-backup/), or restored after another upgrade.
 *
 * **It worked** when the last step lists a full backup of the old version. **If not**, going back here means forward: the new
 * version is put in its place again, with all that was written.
 */
const { DISCARD } = runbook({
  category: 'Operations',
  destructive: true,
  objective: { rto: '30m' },
  params: {
    DISCARD: choice('Whether what was written since the upgrade may be lost.', ['no', 'yes'], 'no'),
  },
})

/** Compares every row with what the old version held when it stopped. Refuses if anything was written, unless told. */
await step('See what would be lost', () => $`docker compose exec -T db upgrade-written ${DISCARD}`)

/** What users have written since is in it. */
await step('Take a backup of the new version', () => $`docker compose exec -T db take-backup diff`)

/** Users see the maintenance page from here on. */
await step('Stop the application', () => $`docker compose stop app`, {
  undo: () => $`docker compose start app`,
})

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
 * One atomic exchange of the two directories. What users wrote while the first steps were played is looked for once
 * more. The new cluster lies beside until the next restore.
 */
await step(
  'Swap the clusters back',
  async () => {
    if (DISCARD === 'yes') {
      await $`docker compose run --rm --no-deps -T db-tools upgrade-back --discard`
    } else {
      await $`docker compose run --rm --no-deps -T db-tools upgrade-back`
    }
  },
  {
    undo: async () => {
      await $`docker compose stop app db`
      await $`docker compose run --rm --no-deps -T db-tools swap-data`
      await $`docker compose run --rm --no-deps -T db-tools pgbackrest --no-online --log-level-console=info stanza-upgrade`
    },
  },
)

/** From here on it takes the log of the old version again, and no other. */
await step(
  'Tell the backup repository',
  () =>
    $`docker compose run --rm --no-deps -T db-tools pgbackrest --no-online --log-level-console=info stanza-upgrade`,
)

await step('Start the old version', async () => {
  await $`docker compose up -d --no-deps --no-recreate db`
  await retry(600, '0.5s', () => $`docker compose exec -T db recovery-ended`)
})

/** Rows without their file, and files without their row: users may have added files since the upgrade. */
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

/** The old version’s log goes on where it ended; a full backup makes the next restore short. */
await include('backup', { TYPE: 'full' })
