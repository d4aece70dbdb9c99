import { $, choice, runbook, step } from '#runbook'

/**
 * Restore the files from the second store
 *
 * Brings the application’s files back from the copies that the scheduler makes every hour, also if the bucket is gone
 * with every version in it. What was uploaded since the newest copy is lost.
 *
 * **Use it** when the first store or its bucket is lost. **Do not use it** as long as the bucket keeps the versions: then
 * [bring the files back](/runbooks/recover-objects/) from there, and nothing is lost.
 *
 * **Impact.** Users go on being served, without the missing files until they are back. What is in the bucket and not in the
 * copy stays. Nothing is copied to the second store meanwhile.
 *
 * **Before you start.** A store must answer at `ASSETS_ENDPOINT`: the old one, or a new and empty one. Stop what deletes.
 * If the scheduler has copied a bucket that was half empty already, what it missed lies in `former/` in the second store.
 *
 * **It worked** when “Compare with the copy” says that all are what was copied. “Compare rows and files” then lists the
 * rows whose files were uploaded since. **If not**, play it again: nothing that is in the bucket is overwritten unless you
 * said `changed`, and then the bucket keeps the version that was there.
 */
const { WHICH, DAMAGED } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '4h', rpo: '1h' },
  params: {
    WHICH: choice(
      'Only what is missing, or also set back what is different.',
      ['missing', 'changed'],
      'missing',
    ),
    DAMAGED: choice(
      'If a copy is not what was copied: stop, or bring back all others.',
      ['stop', 'leave-out'],
      'stop',
    ),
  },
})

/** Says how old the newest complete copy is. Nothing is changed yet. */
await step('Find what is missing', () => $`docker compose exec -T toolbox restore-objects --find ${WHICH}`)

/** Every byte, before the first one is written. */
await step('Read the copies', () => $`docker compose exec -T toolbox restore-objects --read ${DAMAGED}`)

/** With versions, their time to live, and the application’s rights. It changes nothing if the bucket is as it should be. */
await step('See to the bucket', () => $`docker compose exec -T toolbox restore-objects --bucket`)

/** Users have their files again when this step has ended. May be played again at any time. */
await step('Bring the files back', () => $`docker compose exec -T toolbox restore-objects`)

await step('Compare with the copy', () => $`docker compose exec -T toolbox restore-objects --check`)

/** Rows without their file, and files without their row. */
await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)
