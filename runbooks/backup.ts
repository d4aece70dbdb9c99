import { $, choice, runbook, step } from '#runbook'

/**
 * Take a backup
 *
 * Takes a backup of PostgreSQL into the backup repository, now.
 *
 * **Use it** before anything risky: a migration, an upgrade, a clean-up. **You need not** take the daily ones:
 * the scheduler does, and the write-ahead log is archived all the time.
 *
 * **Impact.** None for users. The backup reads the database at low priority and writes to the store.
 *
 * **It worked** when the last step lists the new backup.
 */
const { TYPE } = runbook({
  category: 'Data',
  destructive: false,
  objective: { rpo: '15m' },
  params: {
    TYPE: choice(
      'How much to copy: everything, or what changed since the last full or the last backup.',
      ['full', 'diff', 'incr'],
      'diff',
    ),
  },
})

/** A backup without its write-ahead log cannot be restored: first make sure that the log arrives. */
await step('Check that archiving works', () => $`docker compose exec -T db pgbackrest check`)

/**
 * If another backup is being taken, this one waits for its end. Old backups are not removed here: the scheduler does
 * that, and not while a runbook is being played.
 */
await step('Take the backup', () => $`docker compose exec -T db take-backup ${TYPE}`)

/**
 * The number of rows and a checksum of every table go into the backup's annotation, with the point in the log at which
 * they were so: [Verify a backup](/runbooks/verify-backup/) compares with it. Writers wait for it, at most half a second.
 */
await step('Record what it holds', () => $`docker compose exec -T db record-contents`)

/** The newest one stands last. */
await step('List the backups', () => $`docker compose exec -T db pgbackrest info`)
