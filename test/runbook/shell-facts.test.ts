/** Why the blocks are written as they are: what live shells do to the forms that look simpler. */
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openLab, SHELLS } from './support/lab.ts'

const lab = openLab()
afterAll(() => lab.remove())
beforeEach(() => lab.reset())

async function output(shell: (typeof SHELLS)[number], script: string): Promise<string> {
  const { stdout, status } = await lab.run(shell, script)
  return `${stdout}${status}`
}

test.each(SHELLS)(
  '%s: a command that reads swallows the rest of the paste, unless stdin is closed',
  async (shell) => {
    const paste = (block: string) =>
      `${shell} ${shell === 'bash' ? '--norc -s' : '-fs'} <<'END'\n${block}\necho "the next block"\nEND`
    expect(await output(shell, paste('( probe read )'))).toBe('echo "the next block"\n0')
    expect(await output(shell, paste('( exec </dev/null; probe read )'))).toBe('the next block\n0')
  },
)

test.each(SHELLS)('%s: a `for` hides a failure, unless errexit is set', async (shell) => {
  const loop = 'for S in bad good; do [ "$S" = good ]; done'
  expect(await output(shell, `( ${loop} )`)).toBe('0')
  expect(await output(shell, `( set -e; ${loop} )`)).toBe('1')
})

test.each(SHELLS)(
  '%s: a failure inside `$(…)` is not seen where it is an argument or exported',
  async (shell) => {
    expect(await output(shell, 'set -e; export X="$(false)"; echo "went on"')).toBe('went on\n0')
    expect(await output(shell, 'set -e; X="a$(false)$(true)"; echo "went on"')).toBe('went on\n0')
    expect(await output(shell, 'X=$(false) || { unset X; false; }; echo "$?"')).toBe('1\n0')
  },
)

test.each(SHELLS)('%s: a pipeline hides a failure, unless pipefail is set', async (shell) => {
  expect(await output(shell, '( set -e; false | cat )')).toBe('0')
  expect(await output(shell, '( set -eo pipefail; false | cat )')).toBe('1')
})

test.each(SHELLS)(
  '%s: a moment that was lost silently means the latest, unless unset variables stop',
  async (shell) => {
    const restore = 'if [ -n "$MOMENT" ]; then echo "to $MOMENT"; else echo "to the latest"; fi'
    expect(await output(shell, `( ${restore} )`)).toBe('to the latest\n0')
    expect(await output(shell, `( set -u; ${restore} ) 2>/dev/null`)).not.toMatch(/0$|latest/)
  },
)

test.each(SHELLS)('%s: a value whose step failed stops the blocks that use it', async (shell) => {
  const failed = 'X=$(\n  exec </dev/null; set -euo pipefail\n  false\n) || { unset X; false; }'
  const { stdout, status } = await lab.run(
    shell,
    `X=old\n${failed}\n(\n  exec </dev/null; set -euo pipefail\n  echo "used $X"\n)`,
  )
  expect(stdout).toBe('')
  expect(status).not.toBe(0)
})

test('zsh: after a failed `X=$(…)` the first `exec` returns 1: it must stand before `set -e`', async () => {
  const block = (first: string) => `X=$(false) || true\nY=$(false)\n( ${first}; echo ran )`
  expect(await output('zsh', block('exec </dev/null; set -e'))).toBe('ran\n0')
  expect(await output('zsh', block('set -e; exec </dev/null'))).toBe('1')
  expect(await output('bash', block('set -e; exec </dev/null'))).toBe('ran\n0')
})

test.each(SHELLS)(
  '%s: a test with two commands sees only the last, so `retry`, `ok` and `unless` hold one',
  async (shell) => {
    expect(await output(shell, 'set -e; until false; true; do sleep 1; done; echo "never tried again"')).toBe(
      'never tried again\n0',
    )
    expect(await output(shell, 'set -e; if false; true; then echo "taken for success"; fi')).toBe(
      'taken for success\n0',
    )
  },
)

test.each(SHELLS)(
  '%s: a value whose step was skipped is empty, so `unless` does not go with a value',
  async (shell) => {
    expect(
      await output(shell, 'X=$( if true; then exit; fi; echo x ) || { unset X; false; }; echo "«$X»"'),
    ).toBe('«»\n0')
  },
)

test.each(SHELLS)('%s: an empty block is no shell', async (shell) => {
  const { status } = await lab.run(shell, 'if true; then\nfi')
  expect(status === 0).toBe(shell === 'zsh')
})

test('names that a shell uses cannot carry a value', async () => {
  expect(await output('zsh', 'path=/srv/data; ls 2>/dev/null')).toBe('127')
  expect(await output('zsh', 'status=done; echo "$status"')).toMatch(/^1$/)
  expect(await output('bash', 'UID=5 2>/dev/null; echo "$UID"')).not.toBe('5\n0')
  for (const shell of SHELLS) {
    expect(await output(shell, 'SECONDS=text; echo "$SECONDS"')).toBe('0\n0')
    expect(await output(shell, 'RANDOM=7; echo "$RANDOM"')).not.toBe('7\n0')
    expect(await output(shell, 'PATH=/srv; ls 2>/dev/null')).toBe('127')
  }
  expect(await output('bash', '( left=3; left=value; echo $((left-=1)) ) 2>/dev/null')).toBe('-1\n0')
})

test('zsh with RC_QUOTES reads two quotes as one, so values with a quote are escaped', async () => {
  expect(await output('zsh', "setopt RC_QUOTES\nprintf %s 'a''b'")).toBe("a'b0")
})
