import { $, integer, runbook, step } from '#runbook'

/**
 * Put in demo data
 *
 * Fills a sandbox or a development environment with a demo user and books with covers.
 *
 * **Use it** after the first start of such an environment, or when somebody has deleted what others want to try out.
 * It adds what is missing and changes nothing that is there. **Do not use it** to get rid of what people have added:
 * [reset the environment](/runbooks/reset/).
 *
 * **Impact.** None for users but more books on the shelf. Refused in production and staging, by what the system itself
 * remembers: the volume `state`, the container and the database must all say that they are of another kind. The demo
 * user’s password is public.
 *
 * **It worked** when “Compare rows and files” lists no rows without objects. **If not**, play it again.
 */
const { BOOKS } = runbook({
  category: 'Data',
  destructive: false,
  params: { BOOKS: integer('How many books the demo data has: 0 to 9999999.', '200') },
})

/** Nothing has been changed yet. */
await step('See that it may have demo data', () => $`docker compose exec -T toolbox refuse-unless-disposable`)

/** Files before rows, so that no row names a file that is not there. What is printed is what was added. */
await step('Put in the demo data', () => $`docker compose run --rm --no-deps -T app seed --books ${BOOKS}`)

await step('Compare rows and files', () => $`docker compose run --rm --no-deps -T app reconcile`)
