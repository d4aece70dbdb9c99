import { $, fail, integer, ok, runbook, step, text } from '#runbook'

/**
 * Deploy a version
 *
 * Puts a new version of the application beside the one that serves, tries it without users, gives it half of them, watches
 * it, and only then retires the former one. Nobody’s request fails, and nobody is signed out.
 *
 * **Use it** for every change of the application. **Do not use it** for a migration that takes something away which the
 * present version needs: first deploy a version that does not need it any more. To go to a version that has served
 * before, [roll back](/runbooks/rollback/).
 *
 * **Impact.** None for users. While both versions run, the host needs twice the application’s memory. If any step fails,
 * the runbook goes back by itself: until the last steps, the former version has not even stopped. Only migrations stay,
 * which is why they may only add.
 *
 * **Before you start.** The engine has `IMAGE`, or reaches its registry. `APP_IMAGE` in the environment’s file is a name
 * that nobody else moves, such as `shop/app:live`: this runbook gives it to the new image, so that every later start has
 * the new version. For the first start give it by hand, with `docker tag`. `PULL_POLICY` must not be `always`. Each
 * release says a version of its own under `/version`.
 *
 * **It worked** when “Keep the new version” says that it is remembered. **If not**, the step that stopped says why. A
 * version that failed while it was watched has answered some users: that step says how many requests it failed.
 */
const { IMAGE, READY_SECONDS, WATCH_SECONDS, MOST_ERRORS, SLOWEST_MS } = runbook({
  category: 'Deployment',
  destructive: true,
  onFailure: 'undo',
  objective: { rto: '15m' },
  params: {
    IMAGE: text('The image of the new version: shop/app:1.4.0, or with its digest.'),
    READY_SECONDS: integer('Within how many seconds the new version must be ready.', '120'),
    WATCH_SECONDS: integer('For how many seconds the new version is watched beside the former one.', '300'),
    MOST_ERRORS: integer('Of a hundred requests to it, how many may fail.', '1'),
    SLOWEST_MS: integer('Within how many milliseconds it must answer 95 of a hundred requests.', '1000'),
  },
})

/** By its name; if this engine has none of that name, from its registry. */
await step('Get the image', async () => {
  if (!(await ok($`docker image inspect --format '{{.Id}}' ${IMAGE}`))) {
    if (!(await ok($`docker pull --quiet ${IMAGE}`))) {
      fail('This engine has no image of that name, and no registry gave one. Nothing was changed.')
    }
  }
})

/** The name that the environment starts the application by. */
const LIVE = await step('Read the live name', async () =>
  (
    await $`docker compose config --format json | docker compose exec -T toolbox jq -r .services.app.image`
  ).text(),
)

/** Refuses if several versions serve: then an earlier deployment was left half done. */
const FORMER = await step('Note the present version', async () =>
  (await $`docker compose exec -T toolbox serving-version`).text(),
)

/** Of what runs, and not of a name: somebody may have moved that. */
const FORMER_IMAGE = await step('Note its image', async () =>
  (
    await $`docker compose ps --quiet app | xargs docker inspect --format '{{.Image}}' | sort --unique`
  ).text(),
)

/** The way back needs nothing but this: whatever is not one of these goes, and these serve. */
const FORMER_CONTAINERS = await step(
  'Note its containers',
  async () => (await $`docker compose ps --quiet app`).text(),
  {
    undo: async () => {
      await $`docker tag ${FORMER_IMAGE} ${LIVE}`
      await $`printf '%s\\n' ${FORMER_CONTAINERS} | xargs docker start`
      await $`printf '%s\\n' ${FORMER_CONTAINERS} | docker compose exec -T toolbox version-ready 90`
      await $`docker compose ps --all --quiet app | env KEEP=${FORMER_CONTAINERS} awk 'index(ENVIRON["KEEP"], $0) == 0' | xargs --no-run-if-empty docker stop`
      await $`docker compose rm --force app`
    },
  },
)

/** With a name of its own, under which [a rollback](/runbooks/rollback/) finds it; no clean-up removes it. */
await step('Keep the present version', async () => {
  await $`docker tag ${FORMER_IMAGE} ${LIVE}-${FORMER}`
  await $`docker compose exec -T toolbox kept-versions record ${FORMER} ${FORMER_IMAGE}`
})

/** Everything up to this moment is in the repository: the database can be [restored](/runbooks/restore/) to it. */
await step('Set a backup point', async () => {
  await $`docker compose exec -T db archive-now`
  await $`docker compose exec -T toolbox psql -XAtqc "select to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"`
})

/** They only add: the present version goes on serving on what they leave. One that fails leaves nothing of itself. */
await step(
  'Apply the migrations',
  () => $`env APP_IMAGE=${IMAGE} docker compose run --rm --no-deps -T migrate`,
)

/** One container that the proxy does not know: of `docker compose run`, and therefore not found as `app`. */
const CANDIDATE = await step('Name a candidate', async () =>
  (
    await $`docker compose config --format json | docker compose exec -T toolbox jq -r '.name + "-candidate"'`
  ).text(),
)

await step(
  'Start the candidate',
  async () => {
    await $`docker rm --force ${CANDIDATE}`
    await $`env APP_IMAGE=${IMAGE} docker compose run --detach --no-deps -T --name ${CANDIDATE} app`
  },
  { undo: () => $`docker rm --force ${CANDIDATE}` },
)

/** Ready, and used as users do. */
await step('Try it without users', async () => {
  if (!(await ok($`docker compose exec -T toolbox smoke-version ${CANDIDATE} ${READY_SECONDS}`))) {
    await $`docker logs --tail 20 ${CANDIDATE}`
    await $`docker compose exec -T toolbox smoke-version ${CANDIDATE} 1`
  }
})

const VERSION = await step('Read its version', async () =>
  (await $`docker compose exec -T toolbox serving-version --new ${CANDIDATE}`).text(),
)

await step('Remove the candidate', () => $`docker rm --force ${CANDIDATE}`)

/** As many containers as run, for as long as both versions do. */
const BOTH = await step('Count the containers', async () =>
  (
    await $`docker compose config --format json | docker compose exec -T toolbox jq -r '(.services.app.deploy.replicas // 1) * 2'`
  ).text(),
)

/** The proxy finds them within a second, and gives them half of what comes. */
await step('Start the new version beside', async () => {
  await $`docker tag ${IMAGE} ${LIVE}`
  await $`docker compose up --detach --no-deps --no-recreate --scale app=${BOTH} --wait app`
})

/** By their own counters, and by the alerts where the stack is watched. As soon as they fail too often, this ends. */
await step(
  'Watch it',
  () =>
    $`printf '%s\\n' ${FORMER_CONTAINERS} | docker compose exec -T toolbox watch-version ${WATCH_SECONDS} ${MOST_ERRORS} ${SLOWEST_MS}`,
)

/** Each ends what it has begun; from here on all users have the new version. */
await step('Stop the former version', () => $`printf '%s\\n' ${FORMER_CONTAINERS} | xargs docker stop`)

await step('See which version serves', () => $`docker compose exec -T toolbox serving-version`)

await step('Keep the new version', async () => {
  await $`docker tag ${LIVE} ${LIVE}-${VERSION}`
  await $`docker compose exec -T toolbox kept-versions record ${VERSION} ${IMAGE}`
})

/** The former version’s stopped containers. From here on the way back is a rollback. */
await step('Remove what has stopped', () => $`docker compose rm --force app`)
