import { $, include, retry, runbook, step, text } from '#runbook'

/**
 * Rebuild the system on an empty machine
 *
 * From a new engine, this checkout, the recovery kit and the store at another place to the system as it was: fenced from
 * the old machine, with its data and its files, serving.
 *
 * **Use it** when the machine is gone, or nobody may trust it any more. **Do not use it** when only the database is damaged:
 * [restore that](/runbooks/restore/). It needs backups at another place (`BACKUPS_ENDPOINT`), copies of the files there
 * (`FAR_ENDPOINT`), and [a kit](/runbooks/backup-config/) that is younger than the last rotation of secrets.
 *
 * **Impact.** Everything that had not reached the far store is lost: up to a minute of the database, up to an hour of files.
 * Who was signed in is signed out. The old machine, if it ever comes back, can write nothing to the far store any more:
 * neither its log, nor its backups, nor its copies of files. Users are served from “Start the application” on; files come
 * back after that.
 *
 * **Before you start.** Decide that the old machine does not come back, and lead the site’s name to the new one; the old one
 * would go on serving whoever still finds it. Then, on your machine: get the environment’s file out of the kit,
 * `cat recovery-kit.age recovery-kit.key | docker run --rm -i drillbook/toolbox:TAG read-recovery-kit --environment`, write it
 * to `environments/NAME.env`, and let `DOCKER_HOST` in it lead to the new engine. Build the images there (`scripts/images`), and
 * start the toolbox alone: `docker compose --env-file environments/NAME.env up -d --wait toolbox`.
 *
 * **It worked** when the checklist ends without a no. **If not**, the step that stopped says why. Nothing that is in the far
 * store is removed; put the reason right and resume the run. To begin again from an empty machine, the kit is needed that
 * is the newest: “Fence the old machine” makes new keys, and only the last step packs them.
 *
 * **Then** put the new kit where the server is not: the former one does not open the far store any more.
 */
const { KIT_FILE, KIT_KEY, KIT_RECIPIENT } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '4h', rpo: '15m' },
  params: {
    KIT_FILE: text('The recovery kit, on this machine.', 'recovery-kit.age'),
    KIT_KEY: text('The file with the private half of its key.', 'recovery-kit.key'),
    KIT_RECIPIENT: text('The public half, for the new kit: age1…'),
  },
})

/** Refused where a database is, or was: that one would be lost. */
await step(
  'See that the machine is empty',
  () => $`docker compose run --rm --no-deps -T db-tools empty-machine`,
)

/** In the place of those that the first start of this machine has made. Nothing has used them yet. */
await step(
  'Put in the secrets from the kit',
  () => $`cat ${KIT_FILE} ${KIT_KEY} | docker compose run --rm --no-deps -T secrets unpack-recovery-kit`,
)

/**
 * Before anything is read: what the old machine wrote after that would be missing here, and would mix with what is written
 * here. The far store gets new keys, and refuses those of the kit, which the old machine has.
 */
await step('Fence the old machine', async () => {
  await $`docker compose run --rm --no-deps -T secrets rekey-far-store begin`
  await $`docker compose exec -T toolbox fence-far-store`
  await $`docker compose run --rm --no-deps -T secrets rekey-far-store promote`
})

/** All but the database, with nothing in them. */
await step('Start what the application needs', () => $`docker compose up -d --wait store cache pooler`)

/** The newest backup, and then everything that was archived after it. */
await step('Restore the files of the database', async () => {
  await $`docker compose run --rm --no-deps -T db-tools prepare-restore`
  await $`docker compose run --rm --no-deps -T db-tools alone pgbackrest restore --pg1-path=/var/lib/postgresql/restored`
})

/** Replays the log to its end, without network, and checks the checksum of every page. */
await step('Recover and check', () => $`docker compose run --rm --no-deps -T db-tools recover-beside`)

await step('Put the database in its place', () => $`docker compose run --rm --no-deps -T db-tools swap-data`)

/** It begins a new timeline. Its passwords become those of the kit, should the backup be older than they are. */
await step('Start the database', async () => {
  await $`docker compose up -d --no-deps --no-recreate db`
  await retry(600, '0.5s', () => $`docker compose exec -T db recovery-ended`)
  await $`docker compose run --rm --no-deps -T db-tools database-secret set`
})

/** Users are served again when this step has ended; files come back in the next ones. */
await step('Start the application', () => $`docker compose up -d --wait app proxy`)

/** Asked at the proxy, over the network: valid now, and for the site’s name. An authority may take a minute. */
await step('See that it is served over TLS', async () => {
  await retry(90, '1s', () => $`docker compose exec -T toolbox served-certificate --renewed none`)
})

await include('restore-objects')

/** The restored database writes to a new timeline. Without a backup on it, the next restore would be long. */
await include('backup', { TYPE: 'full' })

/** From here on backups and copies are taken by themselves. */
await step('Start the scheduler', () => $`docker compose up -d --wait`)

/** With the new keys. The former kit does not open the far store any more. */
await include('backup-config', { KIT_FILE, KIT_KEY, KIT_RECIPIENT })

await include('readiness', { CHECKLIST: 'post-deploy' })
