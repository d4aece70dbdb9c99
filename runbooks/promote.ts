import { $, fail, include, integer, ok, runbook, step, text } from '#runbook'

/**
 * Promote what staging serves
 *
 * Brings to production the very image that staging serves: the same bytes, told by their digest. Nothing is built again,
 * and nothing is pulled. What was tried is what users get.
 *
 * **Use it** on production, for a version that was [deployed](/runbooks/deploy/) to staging and has proven itself there.
 * **Do not use it** for a fix that never was on staging: [deploy it](/runbooks/deploy/).
 *
 * **Impact.** None for users: the new version starts beside the present one and is watched, as in “Deploy a version”. If a
 * step fails, the runbook goes back by itself. Migrations of the new version stay, which is why they may only add. Staging
 * is only asked.
 *
 * **Before you start.** Staging runs on the same engine, as another Compose project (`docker compose ls`). If it runs on
 * another one, [bring its image over by digest](/deploy/environments/#from-staging-to-production) and deploy that. What
 * “Deploy a version” asks for must be so here, too: `APP_IMAGE` is a name that nobody else moves.
 *
 * **It worked** when the last step says that production and staging serve one image. **If not**, the step that stopped says
 * why; up to “Keep the present version” nothing has changed. Let a version that staging refuses be deployed there anew.
 */
const { STAGING, RELEASE, MINUTES, READY_SECONDS, WATCH_SECONDS, MOST_ERRORS, SLOWEST_MS } = runbook({
  category: 'Deployment',
  destructive: true,
  onFailure: 'undo',
  objective: { rto: '15m' },
  params: {
    STAGING: text('Staging’s Compose project, on the same engine.', 'staging'),
    RELEASE: text('The version that staging serves, as it says of itself: 1.4.0.'),
    MINUTES: integer('For how many minutes staging must have been serving it.', '60'),
    READY_SECONDS: integer('Within how many seconds it must be ready in production.', '120'),
    WATCH_SECONDS: integer('For how many seconds it is watched beside the former one.', '300'),
    MOST_ERRORS: integer('Of a hundred requests to it, how many may fail.', '1'),
    SLOWEST_MS: integer('Within how many milliseconds it must answer 95 of a hundred requests.', '1000'),
  },
})

/** Of what really runs there. Refuses staging that is not healthy, serves several images, or has not served it for long. */
const STAGED = await step('See what staging serves', async () =>
  (
    await $`docker compose --project-name ${STAGING} ps --quiet app | xargs --no-run-if-empty docker inspect | docker compose exec -T toolbox staged-image ${STAGING} ${MINUTES}`
  ).text(),
)

/** Every container of it is asked. Refuses another one than you have named. */
await step(
  'Compare its version',
  () => $`docker compose --project-name ${STAGING} exec -T toolbox serving-version --is ${RELEASE}`,
)

/** The live name there. */
const STAGED_NAME = await step('Read the name it was started by', async () =>
  (
    await $`docker compose --project-name ${STAGING} ps --quiet app | xargs docker inspect --format '{{.Config.Image}}' | sort --unique`
  ).text(),
)

/** Both names, the live one and that of the version, must be what runs: else somebody has built it again since it was tried. */
await step('See that it is what was deployed there', async () => {
  if (
    !(await ok(
      $`docker image inspect --format '{{.Id}}' ${STAGED_NAME} ${STAGED_NAME}-${RELEASE} | env STAGED=${STAGED} awk '$0 != ENVIRON["STAGED"] { exit 1 }'`,
    ))
  ) {
    fail(
      'What staging serves is not what was deployed there as this version: a name was moved to another image, or it was not deployed by the runbook. Nothing was changed. Deploy it there anew, and let it prove itself.',
    )
  }
})

await include('deploy', { IMAGE: STAGED, READY_SECONDS, WATCH_SECONDS, MOST_ERRORS, SLOWEST_MS })

/** By what runs, and not by a name. */
await step('Compare what runs', async () => {
  if (
    !(await ok(
      $`docker compose ps --quiet app | xargs docker inspect --format '{{.Image}}' | env STAGED=${STAGED} awk '$0 != ENVIRON["STAGED"] { exit 1 }'`,
    ))
  ) {
    fail(
      'Production serves another image than staging did: somebody has moved a name meanwhile. Roll back to the former version, then promote again.',
    )
  }
  await $`printf 'Production serves the image that staging served: %s\\n' ${STAGED}`
})
