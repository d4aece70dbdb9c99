import { $, fail, integer, ok, retry, runbook, step, text } from '#runbook'

/**
 * Roll back to a version
 *
 * Brings back a version of the application that has served before: beside the one that serves, tried without users, then
 * in its place. Nobody’s request fails, and nobody is signed out.
 *
 * **Use it** when the present version does what it should not, or does not run at all, and the former one did. **It is no
 * help** against wrong data: what users and migrations have written stays, and the first steps say so. Rows come back with
 * [“Bring rows back”](/runbooks/restore-rows/), the whole database with [“Restore the database”](/runbooks/restore/).
 *
 * **Impact.** None for users, but that what only the present version can do is gone. While both versions run, the host needs
 * twice the application’s memory. If a step fails, the runbook goes back by itself, and the present version serves on.
 *
 * **Before you start.** `docker compose exec -T toolbox kept-versions list` names the versions that
 * [a deployment](/runbooks/deploy/) has kept. Migrations are not taken back: those that only add leave what the former
 * version runs on. If one has taken something away since, the first step refuses.
 *
 * **It worked** when “See which version serves” names it. **If not**, the step that stopped says why. Then deploy a new
 * version that has the fault mended.
 */
const { VERSION, REASON, READY_SECONDS } = runbook({
  category: 'Deployment',
  destructive: true,
  onFailure: 'undo',
  objective: { rto: '5m' },
  params: {
    VERSION: text('The version to go back to, as it says of itself: 1.3.0.'),
    REASON: text('Why. It stays with the record of versions.'),
    READY_SECONDS: integer('Within how many seconds it must be ready.', '120'),
  },
})

/** Also what has become of the schema since. Refuses a version that was never kept, or that the schema is too new for. */
await step('Look the version up', () => $`docker compose exec -T toolbox kept-versions show ${VERSION}`)

/** The name that the environment starts the application by. */
const LIVE = await step('Read the live name', async () =>
  (
    await $`docker compose config --format json | docker compose exec -T toolbox jq -r .services.app.image`
  ).text(),
)

/** It is remembered; whether it is there is another question. */
await step('See that its image is kept', async () => {
  if (!(await ok($`docker image inspect --format '{{.Id}}' ${LIVE}-${VERSION}`))) {
    fail(
      'The version is remembered, but its image is gone from this engine. Nothing was changed. Deploy it from its registry.',
    )
  }
})

/** Of what runs, or should, and not of a name: somebody may have moved that. */
const PRESENT_IMAGE = await step('Note the present image', async () =>
  (
    await $`docker compose ps --all --quiet app | xargs docker inspect --format '{{.Image}}' | sort --unique`
  ).text(),
)

/** The way back needs nothing but this: whatever is not one of these goes, and these serve. */
const PRESENT_CONTAINERS = await step(
  'Note its containers',
  async () => (await $`docker compose ps --all --quiet app`).text(),
  {
    undo: async () => {
      await $`docker tag ${PRESENT_IMAGE} ${LIVE}`
      await $`printf '%s\\n' ${PRESENT_CONTAINERS} | xargs docker start`
      await $`printf '%s\\n' ${PRESENT_CONTAINERS} | docker compose exec -T toolbox version-ready 90`
      await $`docker compose ps --all --quiet app | env KEEP=${PRESENT_CONTAINERS} awk 'index(ENVIRON["KEEP"], $0) == 0' | xargs --no-run-if-empty docker stop`
      await $`docker compose rm --force app`
    },
  },
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
    await $`env APP_IMAGE=${LIVE}-${VERSION} docker compose run --detach --no-deps -T --name ${CANDIDATE} app`
  },
  { undo: () => $`docker rm --force ${CANDIDATE}` },
)

/** Whether it still can serve, on the schema and with the data of today. */
await step(
  'Try it without users',
  () => $`docker compose exec -T toolbox smoke-version ${CANDIDATE} ${READY_SECONDS}`,
)

/** Refuses to go back to what serves already, and a name under which another version was kept. */
await step(
  'Compare its version',
  () => $`docker compose exec -T toolbox serving-version --new ${CANDIDATE} ${VERSION}`,
)

await step('Remove the candidate', () => $`docker rm --force ${CANDIDATE}`)

/** As many containers as run, for as long as both versions do. */
const BOTH = await step('Count the containers', async () =>
  (
    await $`docker compose config --format json | docker compose exec -T toolbox jq -r '(.services.app.deploy.replicas // 1) * 2'`
  ).text(),
)

/** The proxy finds them within a second. How the present version is, is not waited for: it may never come up. */
await step('Start it beside', async () => {
  await $`docker tag ${LIVE}-${VERSION} ${LIVE}`
  await $`docker compose up --detach --no-deps --no-recreate --scale app=${BOTH} app`
  await retry(
    120,
    '0.5s',
    () =>
      $`docker compose ps --all --quiet app | env KEEP=${PRESENT_CONTAINERS} awk 'index(ENVIRON["KEEP"], $0) == 0' | xargs docker inspect --format '{{.State.Health.Status}}' | awk '$0 != "healthy" { exit 1 }'`,
  )
})

/** Each ends what it has begun; from here on all users have the former version. */
await step('Stop the present version', () => $`printf '%s\\n' ${PRESENT_CONTAINERS} | xargs docker stop`)

await step(
  'See which version serves',
  () => $`docker compose exec -T toolbox serving-version --is ${VERSION}`,
)

/** Who looks at the list of versions later wants to know. */
await step('Note the reason', async () => {
  await $`docker compose exec -T toolbox kept-versions reason ${VERSION} ${REASON}`
})

await step('Remove what has stopped', () => $`docker compose rm --force app`)
