import { $, retry, runbook, step, text } from '#runbook'

/**
 * Put a database that is a file back
 *
 * Puts a copy that [Copy a database that is a file](/runbooks/backup-file-db/) has made in the place of the application’s
 * SQLite file.
 *
 * **Use it** when the file is lost or damaged, or after a change by mistake. **Do not use it** to get a few rows back:
 * everything that was written after the copy was made is gone from the served file.
 *
 * **Impact.** Users see the maintenance page from “Stop the application” until “Start the application”: some seconds,
 * whatever the size. The old file is kept beside the new one as `….replaced-…`. If a step fails, going back puts it in its
 * place again. PostgreSQL and the files in the store are not touched.
 *
 * **Before you start.** Choose the copy. Without one it is the newest that has passed; to list them:
 * `docker compose exec -T toolbox rclone lsl store:backups/files`. The volume needs room for it.
 *
 * **It worked** when the last step says how many rows the file has. **If not**, nothing was changed before “Swap the
 * files”, and after it going back undoes it. What lies beside, as `….replaced-…`, is removed by hand when nobody wants it.
 */
const { FILE_DB, FROM } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '30m' },
  params: {
    FILE_DB: text('The file, as a path below /var/lib/files.', 'shelf.db'),
    FROM: text(
      'Where the copies lie, for the newest; or the address of one of them, which ends in .age.',
      'store:backups/files',
    ),
  },
})

/** Checks its structure and every row beside the old file, in a container without network and secrets. */
await step(
  'Read the copy and check it',
  () =>
    $`docker compose exec -T toolbox read-file-copy ${FROM} ${FILE_DB} | docker compose run --rm --no-deps -T file-tools put-file-db ${FILE_DB}`,
)

/** Users see the maintenance page from here on. Who else has the file open must be stopped, too. */
await step('Stop the application', () => $`docker compose stop app`, {
  undo: () => $`docker compose start app`,
})

/** One atomic exchange. Refuses while anybody has the file open. The old file keeps its own write-ahead log. */
await step(
  'Swap the files',
  () => $`docker compose run --rm --no-deps -T file-tools swap-file-db ${FILE_DB}`,
  {
    undo: async () => {
      await $`docker compose stop app`
      await $`docker compose run --rm --no-deps -T file-tools swap-file-db --back ${FILE_DB}`
    },
  },
)

/** Users are served again when this step has ended. */
await step('Start the application', async () => {
  await $`docker compose up -d --no-deps --no-recreate app`
  await retry(
    120,
    '0.5s',
    () => $`docker compose exec -T toolbox curl -fsS -o /dev/null http://app:3000/readyz`,
  )
})

await step(
  'See what it holds',
  () => $`docker compose run --rm --no-deps -T file-tools tell-file-db ${FILE_DB}`,
)
