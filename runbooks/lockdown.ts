import { $, confirm, runbook, step, text } from '#runbook'

/**
 * Shut an intruder out
 *
 * Lets nobody in, keeps what shows who was there, gives the database, the cache, the store and the application new secrets,
 * ends every session, and opens again with new containers of the application.
 *
 * **Use it** when somebody is inside who should not be, or was: a session that nobody began, a query that no code makes, a
 * file that nobody put there, a key that was published. **Do not use it** for an attack that stays outside, such as a flood
 * or guessed passwords: it would do the attacker’s work. For a secret that may have leaked and was not used,
 * [rotate the secrets](/runbooks/rotate-secrets/): nobody notices.
 *
 * **Impact.** Nobody gets in, for minutes at least: the answer to everything is 503 and the maintenance page, also for
 * `/readyz`, so that a monitor outside reports an outage. Everybody signs in again. No row and no file is changed. Operators
 * work through the engine as always, and can look as long as they like: it waits for an answer before it opens.
 *
 * **Before you start.** Tell the lead, and whoever must be told by law. Change nothing and restart nothing: that destroys
 * evidence. If the host itself is in their hands – its root, its Docker – this does not help: have the provider cut it off,
 * and begin on a new one.
 *
 * **What stays as it was**, and has to be thought of by a person: users’ passwords; the passphrase of the backups and the key
 * of the dumps, which read what exists already; the private authority; the key of a store elsewhere; accounts at the
 * provider. A restore brings back the database of before, and with it the former passwords: see
 * [rotate the secrets](/runbooks/rotate-secrets/).
 *
 * **The evidence** is encrypted to the key of the dumps and lies where the application cannot delete: container logs,
 * processes, connections, sessions, roles, statements, lists of files, images, what operators did, and a full backup of the
 * database whose annotation names it. Copy it to another place within a month: after that somebody with the operator’s key
 * can remove it.
 *
 * **It worked** when the last step says that users are served. **If not**, nobody is let in, and stays so until the run goes
 * on. If the evidence cannot be stored, no secret is changed. To open by hand:
 * `docker compose exec -T proxy rm /var/lib/caddy/lockdown`
 */
const { EVIDENCE_TO } = runbook({
  category: 'Disaster recovery',
  destructive: true,
  objective: { rto: '4h' },
  params: {
    EVIDENCE_TO: text('Where the evidence goes: a remote of rclone and a path.', 'store:backups/evidence'),
  },
})

/** A file in the proxy’s volume; the next request finds it there. It lasts, over restarts of everything. */
await step('Shut everybody out', () => $`docker compose exec -T proxy touch /var/lib/caddy/lockdown`)

/** The address by which users know the proxy, so that it can be asked as they do. */
const SITE = await step('Read the address', async () =>
  (await $`docker compose exec -T proxy printenv SITE_ADDRESS`).text(),
)

await step('See that nobody gets in', () => $`docker compose exec -T toolbox lockdown-shown shut ${SITE}`)

await step('Begin to keep evidence', () => $`docker compose exec -T toolbox evidence-begin ${EVIDENCE_TO}`)

/**
 * What is gone when a process ends: processes and connections, and the only files that an intruder could write there. Seen
 * from outside of the containers, where that is possible: what is inside may lie.
 */
await step('Look into the application', async () => {
  await $`docker compose top | docker compose exec -T toolbox evidence-keep processes.txt`
  await $`docker compose ps --quiet --status running app | xargs --no-run-if-empty -n 1 sh -c 'echo "$0"; docker exec "$0" cat /proc/net/tcp /proc/net/tcp6' | docker compose exec -T toolbox evidence-keep application-connections.txt`
  await $`docker compose ps --quiet --status running app | xargs --no-run-if-empty -n 1 sh -c 'docker exec "$0" tar --create --ignore-failed-read --directory=/ tmp' | docker compose exec -T toolbox evidence-keep application-files.tar`
})

/** Whoever is in there does nothing more, and nothing of it is lost. Its memory stays for who wants to look. */
await step(
  'Freeze the application',
  () => $`docker compose ps --quiet --status running app | xargs --no-run-if-empty docker pause`,
)

/** Logs; what runs, from which image, on which networks and who else is on them; which files of a container were changed. */
await step('Keep what the engine knows', async () => {
  await $`docker compose logs --no-color --timestamps | docker compose exec -T toolbox evidence-keep logs.txt`
  await $`docker compose ps --all --quiet | xargs docker inspect | docker compose exec -T toolbox evidence-keep containers.json`
  await $`docker compose images --format json | docker compose exec -T toolbox evidence-keep images.json`
  await $`docker compose ps --all --quiet | xargs -n 1 sh -c 'echo "$0"; docker diff "$0"' | docker compose exec -T toolbox evidence-keep changed-files.txt`
  await $`docker compose ps --quiet toolbox | xargs docker inspect --format '{{range .NetworkSettings.Networks}}{{println .NetworkID}}{{end}}' | xargs docker network inspect | docker compose exec -T toolbox evidence-keep networks.json`
})

/** Who is connected to the database and the cache, who is signed in, what was asked, which files and backups there are. */
await step('Keep what the services know', () => $`docker compose exec -T toolbox evidence-collect`)

/** Packed, with checksums, encrypted, and read again. Up to here nothing was changed; without it nothing is. */
const EVIDENCE = await step('Store the evidence', async () =>
  (await $`docker compose exec -T toolbox evidence-store ${EVIDENCE_TO}`).text(),
)

/** A full backup, from which the cluster can be started elsewhere as it was found. */
await step('Keep the database as it is', () => $`docker compose exec -T db evidence-backup ${EVIDENCE}`)

/** Laid ready. Not in overlap this time: nobody is served who would need the former ones. */
await step(
  'Make new secrets',
  () => $`docker compose run --rm --no-deps -T secrets rotate-secrets begin services`,
)

/** Killed, not stopped: what is frozen in them gets no moment more. */
await step(
  'Remove the containers of the application',
  () => $`docker compose ps --all --quiet app | xargs --no-run-if-empty docker rm --force`,
)

/** Each service learns them, and they take the place of the former. */
await step('Put them in their place', async () => {
  await $`docker compose ps --quiet cache | xargs -n 1 sh -c 'docker exec "$0" cache-secret accept'`
  await $`docker compose ps --quiet store | xargs -n 1 sh -c 'docker exec "$0" store-secret accept'`
  await $`docker compose run --rm --no-deps -T db-tools database-secret change`
  await $`docker compose run --rm --no-deps -T secrets rotate-secrets promote`
})

await step('Refuse the former secrets', async () => {
  await $`docker compose ps --quiet cache | xargs -n 1 sh -c 'docker exec "$0" cache-secret end'`
  await $`docker compose ps --quiet store | xargs -n 1 sh -c 'docker exec "$0" store-secret end'`
  await $`docker compose run --rm --no-deps -T secrets rotate-secrets end`
  await $`docker compose kill -s HUP pooler`
})

/** With the former one an intruder could sign cookies. */
await step('Give the application another secret', async () => {
  await $`docker compose run --rm --no-deps -T secrets rotate-secrets begin application`
  await $`docker compose run --rm --no-deps -T secrets rotate-secrets promote`
  await $`docker compose run --rm --no-deps -T secrets rotate-secrets end`
})

/** A new password sends nobody away who is connected already. */
await step('End all sessions', () => $`docker compose exec -T toolbox end-all-sessions`)

/** From the image, so that nothing is in them that was put there. Nobody gets in yet. */
await step('Start the application anew', () => $`docker compose up --detach --no-deps --wait app`)

/** Used as users do, from inside. */
await step('Try it without users', () => $`docker compose exec -T toolbox smoke-version app 60`)

/** Since when each is what it is. No value is read. */
await step(
  'Record the age of the secrets',
  () =>
    $`docker compose run --rm --no-deps -T secrets secret-ages | docker compose exec -T toolbox readiness-facts secrets`,
)

await confirm('Is the way closed by which the intruder came in, and may users come back?')

await step('Open again', () => $`docker compose exec -T proxy rm -f /var/lib/caddy/lockdown`)

/** From outside of the proxy, as they do. */
await step('See that users are served', () => $`docker compose exec -T toolbox lockdown-shown open ${SITE}`)
