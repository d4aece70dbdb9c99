import { $, runbook, step, text } from '#runbook'

/**
 * Copy a database that is a file
 *
 * Copies a SQLite file of the application’s while it is written to, encrypts the copy, puts it into a store, reads it
 * from there again, checks its structure, and compares every row with what was recorded when it was made.
 *
 * **Use it** daily, from a timer of the operator’s machine, if the application keeps such a file, and before anything
 * risky. **Never** copy the file with `cp`: what was written last stands in the write-ahead log beside it, and a copy of
 * both is of two moments. **Not for** a DuckDB file: DuckDB lets nobody else read a file that is open. Have the
 * application write `EXPORT DATABASE`, or stop it and copy the file.
 *
 * **Impact.** None on a file in write-ahead mode (`pragma journal_mode = wal`). In any other mode whoever writes waits until
 * the copy is made; the application needs a `busy_timeout` that is longer. The volume needs room for a second copy.
 *
 * **Before you start.** The application keeps the file below `/var/lib/files`, which is a volume of its own. The store is a
 * remote of the toolbox’s rclone and a path: `store:backups/files` is the stack’s own, a remote elsewhere is better.
 *
 * **It worked** when “Read it back and compare” says that every row is as recorded. Only then does the copy count.
 * **If not**, go back: the copy is removed again. [Put the copy back](/runbooks/restore-file-db/) is how it is restored.
 */
const { FILE_DB, DESTINATION } = runbook({
  category: 'Data',
  destructive: false,
  params: {
    FILE_DB: text('The file, as a path below /var/lib/files.', 'shelf.db'),
    DESTINATION: text('Where to put it: a remote of rclone and a path.', 'store:backups/files'),
  },
})

/**
 * In one transaction: the copy, how many rows each table has, and a hash over all of them. What is printed is its address.
 * It is on trial until it has been compared: one that an earlier run has left there on trial is removed.
 */
const COPY = await step(
  'Take the copy',
  async () =>
    (
      await $`docker compose run --rm --no-deps -T file-tools copy-file-db ${FILE_DB} | docker compose exec -T toolbox keep-file-copy ${DESTINATION} ${FILE_DB}`
    ).text(),
  { undo: () => $`docker compose exec -T toolbox keep-file-copy --remove ${COPY}` },
)

/** Read from the store, decrypted, and checked in a container without network and secrets. Then it counts. */
await step('Read it back and compare', async () => {
  await $`docker compose exec -T toolbox read-file-copy --on-trial ${COPY} | docker compose run --rm --no-deps -T file-tools check-file-copy`
  await $`docker compose exec -T toolbox keep-file-copy --passed ${COPY}`
})

await step('List the copies', () => $`docker compose exec -T toolbox rclone lsl ${DESTINATION}`)
