import { $, runbook, step, text } from '#runbook'

/**
 * Verify a backup
 *
 * Restores a backup beside the live database, starts it without network, and compares every row of every table with
 * what was recorded when the backup was taken. Then does the same with the newest logical dump.
 *
 * **Use it** every week, after a change to the backups, and before anything for which you rely on them. **It does not
 * replace** the restore of the live database, which [has a drill of its own](/runbooks/restore/).
 *
 * **Impact.** None for users but some load. The repository is only read, with a key that cannot write, and the copy
 * archives nothing. The scratch volume needs room for a second copy of the database.
 *
 * **Before you start.** Nothing. Without a label the newest backup is taken.
 *
 * **It worked** when “Compare with the record” and “Compare the dump” say that every row is as recorded. **If not**,
 * the backup cannot be relied on: [take a full one](/runbooks/backup/) at once, verify that, and keep the damaged one
 * until you know what happened to it. A missing segment of the log means that no moment after it can be restored
 * until there is a new backup.
 */
const { LABEL } = runbook({
  category: 'Data',
  destructive: false,
  objective: { rpo: '15m' },
  params: {
    LABEL: text('Which backup, as in the list of backups. Empty: the newest.', ''),
  },
})

/** Refuses one that has no record of what it holds. */
const BACKUP = await step('Choose the backup', async () =>
  (await $`docker compose exec -T db recorded-backup ${LABEL}`).text(),
)

/** The place in the write-ahead log at which the tables held exactly what was recorded. */
const POINT = await step('Find its point in the log', async () =>
  (await $`docker compose exec -T db recorded-backup --point ${BACKUP}`).text(),
)

/** Into the scratch volume, with the key that can only read. A file whose checksum is wrong ends it. */
await step(
  'Restore the files beside',
  async () => {
    await $`docker compose exec -T db prepare-scratch`
    await $`docker compose run --rm --no-deps -T db-tools alone-in-scratch pgbackrest restore --pg1-path=/var/lib/scratch/cluster --set=${BACKUP} --type=name --target=${POINT} --target-action=promote`
  },
  { undo: () => $`docker compose exec -T db remove-scratch` },
)

/** From the backup's start to that point. Every segment must be there. */
await step(
  'Fetch the write-ahead log',
  () => $`docker compose run --rm --no-deps -T db-tools fetch-wal ${BACKUP}`,
)

/** In a container without network, without secrets and without the live data. */
await step('Compare with the record', () => $`docker compose run --rm --no-deps -T scratch check-restored`)

/** The newest logical dump is decrypted, loaded into an empty database in such a container, and compared, too. */
await step(
  'Compare the dump',
  () => $`docker compose exec -T toolbox read-dump | docker compose run --rm --no-deps -T scratch load-dump`,
)

await step('Remove the copy', () => $`docker compose exec -T db remove-scratch`)
