import { $, runbook, step, text } from '#runbook'

/**
 * Export the database
 *
 * Takes a logical dump that any PostgreSQL of this version or a newer one can load, encrypts it, puts it into a store
 * of your choice, then reads it from there again, loads it into an empty database, and compares every row.
 *
 * **Use it** to keep a copy away from this host, to move to another provider, or to hand the data over. **Do not use
 * it** instead of backups: what was written after the dump is not in it, and loading it takes long.
 *
 * **Impact.** None for users but some load. A dump keeps old versions of rows from being cleaned up while it runs, and
 * a migration that runs meanwhile waits for it. The scratch volume needs room for the loaded database.
 *
 * **Before you start.** The store is a remote of the toolbox’s rclone and a path: `store:backups/exports` is the
 * stack’s own. To read the dump elsewhere, you need the environment’s dump key (`/run/secrets/toolbox/dump.key`).
 *
 * **It worked** when “Load it and compare” says that every row is as recorded. **If not**, go back: the dump is
 * removed again. A dump without its record (`.json`) was not finished, and nothing here counts it.
 */
const { DESTINATION } = runbook({
  category: 'Data',
  destructive: false,
  objective: { rpo: '168h' },
  params: {
    DESTINATION: text('Where to put it: a remote of rclone and a path.', 'store:backups/exports'),
  },
})

/**
 * From one snapshot: the dump, and how many rows with which checksum each table has. What is printed is its address.
 * It is on trial until it has been compared: one that an earlier run has left there on trial is replaced.
 */
const DUMP = await step(
  'Take the dump',
  async () => (await $`docker compose exec -T toolbox export-dump --on-trial ${DESTINATION}`).text(),
  { undo: () => $`docker compose exec -T toolbox export-dump --remove ${DUMP}` },
)

/** Read from the store, decrypted, and loaded in a container without network, secrets and live data. Then it counts. */
await step('Load it and compare', async () => {
  await $`docker compose exec -T toolbox read-dump ${DUMP} | docker compose run --rm --no-deps -T scratch load-dump`
  await $`docker compose exec -T toolbox export-dump --passed ${DUMP}`
})

await step('List the exports', () => $`docker compose exec -T toolbox rclone lsl ${DESTINATION}`)
