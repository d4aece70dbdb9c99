import { $, choice, fail, ok, runbook, step } from '#runbook'

/**
 * Rotate the secrets
 *
 * Gives the database, the cache, the store or the application new secrets. Where two can be accepted at once, the former
 * one is refused only when nobody uses it any more.
 *
 * **Use it** every 90 days, when somebody leaves who had access, and at once when a secret may have leaked. **It is not**
 * for the backups’ passphrase and the key of the dumps: the backups that exist can be read with those only.
 *
 * **Impact.** None for users. The application’s instances are restarted one after another: once for the cache and the store,
 * twice for the database, three times for its own secret. Then who has not come back meanwhile signs in again. What an
 * operator asks the database in the seconds in which its passwords change may be refused once.
 *
 * **Before you start.** The application needs two instances or more. Let a backup that is being taken finish. If a break-in
 * is the reason, isolate the server first.
 *
 * **It worked** when the last step shows the new secrets’ age. **If not**, nothing is lost: until “Refuse the former ones”
 * both are accepted. Remove what the step names, and play it again with the same `WHICH`; it goes on where it was.
 */
const { WHICH } = runbook({
  category: 'Operations',
  destructive: false,
  params: {
    WHICH: choice(
      'Whose secrets. Services: those of the database, the cache and the store.',
      ['services', 'database', 'cache', 'store', 'application'],
      'services',
    ),
  },
})

/** One is restarted while another serves. */
await step('Count the instances of the application', async () => {
  if (!(await ok($`docker compose ps -q app | awk 'END { exit NR < 2 }'`))) {
    fail(
      'Fewer than two instances of the application run: none would serve while one is restarted. Nothing was changed. Set APP_REPLICAS=2, then: docker compose up -d --wait app',
    )
  }
})

await step(
  'Make new ones',
  () => $`docker compose run --rm --no-deps -T secrets rotate-secrets begin ${WHICH}`,
)

/**
 * A role of PostgreSQL has one password at a time. So the application gets another role, with the new password and with
 * all that its own may, until that has the new one as well. The signal lets the pooler read who may sign in. Of its own
 * secret the application accepts two: every instance the new one, before the first signs with it.
 */
await step(
  'Prepare the application for both',
  async () => {
    await $`docker compose run --rm --no-deps -T db-tools database-secret accept`
    await $`docker compose run --rm --no-deps -T secrets rotate-secrets bridge`
    await $`docker compose kill -s HUP pooler`
    await $`docker compose ps -q app | xargs -n 1 sh -c 'docker restart -t 15 "$0" || exit 255; left=120; until [ "$(docker inspect --format "{{.State.Health.Status}}" "$0")" = healthy ]; do [ $((left-=1)) -gt 0 ] || { echo "This instance of the application is not ready: $0. The others were left as they are." >&2; exit 255; }; sleep 1; done'`
  },
  { unless: () => $`docker compose run --rm --no-deps -T secrets rotate-secrets without-bridge` },
)

/**
 * From here on the cache and the store accept both. Their own containers are told, by id: Compose could take one for them
 * that another runbook has left.
 */
await step('Put the new ones in their place', async () => {
  await $`docker compose ps -q cache | xargs -n 1 sh -c 'docker exec "$0" cache-secret accept'`
  await $`docker compose ps -q store | xargs -n 1 sh -c 'docker exec "$0" store-secret accept'`
  await $`docker compose run --rm --no-deps -T db-tools database-secret change`
  await $`docker compose run --rm --no-deps -T secrets rotate-secrets promote`
  await $`docker compose kill -s HUP pooler`
})

/** Each reads its secrets when it starts. The next one waits until it is ready. */
await step(
  'Restart the application, one instance after another',
  () =>
    $`docker compose ps -q app | xargs -n 1 sh -c 'docker restart -t 15 "$0" || exit 255; left=120; until [ "$(docker inspect --format "{{.State.Health.Status}}" "$0")" = healthy ]; do [ $((left-=1)) -gt 0 ] || { echo "This instance of the application is not ready: $0. The others were left as they are." >&2; exit 255; }; sleep 1; done'`,
)

await step('Refuse the former ones', async () => {
  await $`docker compose run --rm --no-deps -T db-tools database-secret end`
  await $`docker compose ps -q cache | xargs -n 1 sh -c 'docker exec "$0" cache-secret end'`
  await $`docker compose ps -q store | xargs -n 1 sh -c 'docker exec "$0" store-secret end'`
  await $`docker compose run --rm --no-deps -T secrets rotate-secrets end`
  await $`docker compose kill -s HUP pooler`
  if (WHICH === 'application') {
    await $`docker compose ps -q app | xargs -n 1 sh -c 'docker restart -t 15 "$0" || exit 255; left=120; until [ "$(docker inspect --format "{{.State.Health.Status}}" "$0")" = healthy ]; do [ $((left-=1)) -gt 0 ] || { echo "This instance of the application is not ready: $0. The others were left as they are." >&2; exit 255; }; sleep 1; done'`
  }
})

/** Since when each is what it is. No value is read. */
await step('Record their age', async () => {
  await $`docker compose run --rm --no-deps -T secrets secret-ages | docker compose exec -T toolbox readiness-facts secrets`
  await $`docker compose exec -T toolbox jq -r '.[] | .name + "  " + (.since | todate)' /tmp/readiness/secrets.json`
})
