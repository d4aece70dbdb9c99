import { $, flag, runbook, step } from '#runbook'

/**
 * Copy the files to the second store
 *
 * Copies what the application’s bucket has and the second store has not, records what the copy holds, and reads every
 * copied byte. The scheduler does the first two every hour; this does them now.
 *
 * **Use it** before something that may lose files (a migration of them, an upgrade of the store, a move), after the second
 * store was away, and to see that the copies can be read. **It is no help** when files are already gone:
 * [restore them from the copies](/runbooks/restore-objects/) then.
 *
 * **Impact.** None for users but some load: both stores are listed, and every copy is read. What was deleted or
 * overwritten since the last copy is kept in the second store for 90 days (`FAR_KEEP_DAYS`).
 *
 * **Before you start.** `FAR_ENDPOINT` names the second store, which should be at another place and with another provider.
 * In the sandbox, start one with `docker compose up -d --wait far`. If more than half of the copied files are gone from the
 * bucket, nothing is copied: find out why, and only then say `ALL`.
 *
 * **It worked** when “Read every copied byte” says that the copies are what was copied. **If not**, the former copy still
 * counts: a copy that was cut off is not recorded. A copy that cannot be read, or is another one, is made anew by removing
 * it from the second store and playing this again.
 */
const { ALL } = runbook({
  category: 'Data',
  destructive: false,
  objective: { rpo: '1h' },
  params: {
    ALL: flag('Copy also if more than half of the files are gone.'),
  },
})

/** As the scheduler does it, and with its keys: it can read the bucket, and not write to it. */
await step('Copy what is new', async () => {
  if (ALL) {
    await $`docker compose exec -T scheduler replicate-objects --all`
  } else {
    await $`docker compose exec -T scheduler replicate-objects`
  }
})

/** Not what the second store says of them, but the bytes. */
await step('Read every copied byte', () => $`docker compose exec -T scheduler replicate-objects --check`)
