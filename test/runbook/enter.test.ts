/** The first and the last block of every page, in a project of its own, with a `docker` that only writes down. */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openTerminal } from '../../src/drill/terminal.ts'
import { openLab, SHELLS, type Shell } from './support/lab.ts'

const lab = openLab()
afterAll(() => lab.remove())

/** Notes its arguments and the environment that matters; refuses the lock while a file says so. */
const DOCKER = `#!/bin/sh
{ echo "docker $*"; env | grep -E '^(COMPOSE|DOCKER|PG|HTTPS_PORT|APP_IMAGE|OWN|ENVIRONMENT)' | sort; } >>"$PROBE_LOG.docker"
cat >/dev/null
case "$*" in *'guard take'*) [ ! -f "$HOME/taken" ] || { cat "$HOME/taken" >&2; exit 3; } ;; esac
case "$*" in *'guard release'*) [ ! -f "$HOME/stuck" ] || exit 1 ;; esac
`
const log = `${lab.env.PROBE_LOG}.docker`
mkdirSync(join(lab.dir, 'environments'))
mkdirSync(join(lab.dir, 'stack'))
cpSync(fileURLToPath(new URL('../../scripts', import.meta.url)), join(lab.dir, 'scripts'), {
  recursive: true,
})
writeFileSync(join(lab.dir, 'docker'), DOCKER)
chmodSync(join(lab.dir, 'docker'), 0o755)
writeFileSync(
  join(lab.dir, 'stack/compose.yaml'),
  'services:\n  app:\n    image: ${APP_IMAGE:-x}\n    ports: ["${HTTPS_PORT:-443}:8443"]\n',
)
for (const name of ['sandbox', 'other']) {
  writeFileSync(
    join(lab.dir, `environments/${name}.env`),
    `ENVIRONMENT=${name}\nCOMPOSE_FILE=stack/compose.yaml\nCOMPOSE_PROJECT_NAME='drillbook-${name}'\nHTTPS_PORT='127.0.0.1:8443'\n`,
  )
}
writeFileSync(join(lab.dir, 'environments/wrong.env'), 'ENVIRONMENT=sandbox\n')

beforeEach(() => {
  lab.reset()
  writeFileSync(log, '')
  for (const file of ['taken', 'stuck']) rmSync(join(lab.dir, file), { force: true })
})

const calls = () =>
  readFileSync(log, 'utf8')
    .replace(/shell-\d{8}T\d{6}Z-\d+/g, 'RUN')
    .replace(/--who \S+/, '--who WHO')

/** In the shell's own file, the way a paste does it: line after line, whatever came of the one before. */
const run = (shell: Shell, script: string) => lab.run(shell, `cd ${lab.dir}\n${script}`)
const step = '(\n  exec </dev/null; set -euo pipefail; : "${DRILLBOOK_RUN:?enter first}"\n  probe step\n)'

describe.each(SHELLS)('in %s', (shell) => {
  test('entering removes what would redirect, exports the environment and takes the lock; leaving gives it back', async () => {
    const { stdout, stderr } = await run(
      shell,
      `export DOCKER_HOST=tcp://elsewhere COMPOSE_PROFILES=x PGHOST=elsewhere APP_IMAGE=mine OWN=kept
OWN_PARAM='a value'
ON='sandbox'
. scripts/enter restore
${step}
echo "$OWN_PARAM"
. scripts/leave
echo "[\${DRILLBOOK_RUN-}] [\${COMPOSE_FILE-}] [\${ENVIRONMENT-}]"
${step}`,
    )
    expect(calls()).toMatchInlineSnapshot(`
      "docker compose exec -T toolbox guard take --environment sandbox --run RUN --runbook restore --who WHO
      COMPOSE_FILE=stack/compose.yaml
      COMPOSE_PROJECT_NAME=drillbook-sandbox
      ENVIRONMENT=sandbox
      HTTPS_PORT=127.0.0.1:8443
      OWN=kept
      docker compose exec -T toolbox guard release --run RUN
      COMPOSE_FILE=stack/compose.yaml
      COMPOSE_PROJECT_NAME=drillbook-sandbox
      ENVIRONMENT=sandbox
      HTTPS_PORT=127.0.0.1:8443
      OWN=kept
      "
    `)
    expect(stdout).toMatchInlineSnapshot(`
      "You are in sandbox. Leave it with the last block, whatever happens:  . scripts/leave
      a value
      You have left sandbox.
      [] [] []
      "
    `)
    expect(stderr).toContain('enter first')
    expect(lab.calls()).toEqual([['step']])
  })

  test.each([
    ['no such environment', "ON='nowhere'"],
    ['a path', "ON='../sandbox'"],
    ['nothing', 'ON='],
    ['a file of another environment', "ON='wrong'"],
  ])('%s is refused, and no later block runs', async (_, on) => {
    const { stdout, stderr } = await run(
      shell,
      `${on}\n. scripts/enter restore\necho "status $?"\n${step}\necho "still here"`,
    )
    expect(stdout).toBe('status 1\nstill here\n')
    expect(stderr.replace(/.*enter first/, 'enter first')).toMatchSnapshot()
    expect(lab.calls()).toEqual([])
    expect(calls()).toBe('')
  })

  test('a lock that another run holds is refused with its text', async () => {
    writeFileSync(join(lab.dir, 'taken'), 'Held by ada@laptop: restore, for 3 min.\n')
    const { stdout, stderr } = await run(
      shell,
      `ON='sandbox'\n. scripts/enter restore\n${step}\necho "still here"`,
    )
    expect(stdout).toBe('still here\n')
    expect(stderr).toContain('Held by ada@laptop')
    expect(stderr).toContain('Nothing was entered; the blocks below will not run.')
    expect(lab.calls()).toEqual([])
  })

  test('entering again keeps the run; entering elsewhere leaves first', async () => {
    await run(
      shell,
      `ON='sandbox'\n. scripts/enter restore\n. scripts/enter restore\nON='other'\n. scripts/enter restore`,
    )
    expect(
      calls()
        .split('\n')
        .filter((line) => line.startsWith('docker')),
    ).toMatchInlineSnapshot(`
      [
        "docker compose exec -T toolbox guard take --environment sandbox --run RUN --runbook restore --who WHO",
        "docker compose exec -T toolbox guard take --environment sandbox --run RUN --runbook restore --who root@vm",
        "docker compose exec -T toolbox guard release --run RUN",
        "docker compose exec -T toolbox guard take --environment other --run RUN --runbook restore --who root@vm",
      ]
    `)
  })

  test('a refused second entry stops the blocks, though the first was accepted', async () => {
    const { stderr } = await run(
      shell,
      `ON='sandbox'\n. scripts/enter restore\nON='nowhere'\n. scripts/enter restore\n${step}`,
    )
    expect(stderr).toContain('enter first')
    expect(lab.calls()).toEqual([])
  })

  test('a lock that cannot be released is not forgotten', async () => {
    writeFileSync(join(lab.dir, 'stuck'), '')
    const { stdout, stderr } = await run(
      shell,
      `ON='sandbox'\n. scripts/enter restore\n. scripts/leave\necho "status $? [\${DRILLBOOK_RUN:+still}]"`,
    )
    expect(stdout).toContain('status 1 [still]')
    expect(stderr).toContain('could not be released')
  })

  test('a reader’s own options and functions do not matter', async () => {
    const options =
      shell === 'zsh'
        ? 'setopt NOUNSET NO_CLOBBER KSH_ARRAYS NO_SH_WORD_SPLIT EXTENDED_GLOB GLOB_SUBST'
        : 'set -u -o noclobber; shopt -s nullglob'
    const { stdout, stderr } = await run(
      shell,
      `${options}\nset -- a b\nON='sandbox'\n. scripts/enter restore\n${step}\n. scripts/leave\necho "$#"`,
    )
    expect(stderr).toBe('')
    expect(stdout).toMatch(/2\n$/)
    expect(lab.calls()).toEqual([['step']])
  })

  test.each(['bracketed', 'raw'] as const)(
    'pasted into a terminal (%s), and nothing swallows the rest',
    async (paste) => {
      const terminal = await openTerminal(shell, { directory: lab.dir, env: lab.env })
      try {
        const entered = await terminal.paste("ON='sandbox'\n. scripts/enter restore", { paste })
        expect(entered).toMatchObject({ status: 0, output: expect.stringContaining('You are in sandbox.') })
        expect(await terminal.paste(step, { paste })).toMatchObject({ status: 0 })
        expect(await terminal.paste('. scripts/leave', { paste })).toMatchObject({ status: 0 })
        expect(await terminal.paste(step, { paste })).toMatchObject({
          output: expect.stringContaining('enter first'),
        })
        expect(await terminal.paste("ON='nowhere'\n. scripts/enter restore", { paste })).toMatchObject({
          status: 1,
        })
      } finally {
        await terminal.close()
      }
      expect(lab.calls()).toEqual([['step']])
    },
  )
})
