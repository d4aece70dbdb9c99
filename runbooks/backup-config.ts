import { $, runbook, step, text } from '#runbook'

/**
 * Pack the recovery kit
 *
 * Packs what exists on the server only — every secret, and the environment’s file — into one small encrypted file. From
 * it and from the store of the backups, [an empty machine becomes this system again](/runbooks/rebuild/).
 *
 * **Use it** after the first start, after every rotation of secrets, after a change of the environment’s file, and every
 * 90 days. **It is not** a backup of data. Without it the backups cannot be read: their passphrase is in it.
 *
 * **Impact.** None. Everything is read, nothing is changed.
 *
 * **Before you start.** Make a key, once, on a machine that is not the server, and write its public half, `age1…`, into
 * the environment’s file as `PARAM_KIT_RECIPIENT='age1…'`: `age-keygen -o recovery-kit.key`, or
 * `docker run --rm drillbook/toolbox:TAG age-keygen >recovery-kit.key`. Keep the key where you keep passwords, and on
 * paper. The key of the dumps is refused: it would be lost with the server. This runbook reads the key, to prove that it
 * opens the kit; it is not kept on the server.
 *
 * **It worked** when “Open it again” lists what is in it, and the file is there. **Then** put the file where the server is
 * not, and not beside its key. **If not**, the former kit is still in its place.
 */
const { KIT_RECIPIENT, KIT_KEY, KIT_FILE } = runbook({
  category: 'Data',
  destructive: false,
  params: {
    KIT_RECIPIENT: text('The public half of the kit’s key: age1…'),
    KIT_KEY: text('The file with its private half.', 'recovery-kit.key'),
    KIT_FILE: text('Where to put the kit, on this machine.', 'recovery-kit.age'),
  },
})

/** Encrypted before it leaves the container. Refused while a rotation of secrets has not ended. */
await step(
  'Pack it',
  () =>
    $`sh -c 'cat "environments/$ENVIRONMENT.env"' | docker compose run --rm --no-deps -T secrets pack-recovery-kit ${KIT_RECIPIENT} | docker compose exec -T toolbox keep-recovery-kit --packed`,
)

/** With its key, in a container without network. Every file is compared with its checksum, every secret with the one in use. */
await step(
  'Open it again',
  () =>
    $`sh -c 'docker compose exec -T toolbox keep-recovery-kit --show && cat "$0"' ${KIT_KEY} | docker compose run --rm --no-deps -T secrets read-recovery-kit --compare`,
)

/**
 * Only now it counts. It goes into the second store, if there is one, and is read there again. How old it is then stands
 * in the [checklist](/runbooks/readiness/), which says no when a secret is younger.
 */
await step('Keep it', () => $`docker compose exec -T toolbox keep-recovery-kit`)

/** On your machine. The former one is replaced when the new one is there as a whole. */
await step(
  'Write the file',
  () =>
    $`docker compose exec -T toolbox keep-recovery-kit --show | sh -c 'umask 077; cat >"$0.new"; grep -q "END AGE ENCRYPTED FILE" "$0.new" && mv "$0.new" "$0"' ${KIT_FILE}`,
)
