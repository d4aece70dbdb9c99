import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { openTerminal, type Paste, type ShellName } from '../../src/drill/terminal.ts'

const shells: ShellName[] = ['bash', 'zsh']
const pastes: Paste[] = ['bracketed', 'raw']
const env = { PATH: process.env.PATH ?? '', HOME: tmpdir(), LANG: 'C.UTF-8' }

async function paste(shell: ShellName, how: Paste, ...blocks: string[]) {
  const terminal = await openTerminal(shell, { directory: tmpdir(), env })
  try {
    const results = []
    for (const block of blocks) results.push(await terminal.paste(block, { paste: how, timeoutSeconds: 15 }))
    return results
  } finally {
    await terminal.close()
  }
}

const block = (...lines: string[]) => `(\n  exec </dev/null; set -euo pipefail\n  ${lines.join('\n  ')}\n)\n`

describe.each(shells)('%s', (shell) => {
  describe.each(pastes)('pasted %s', (how) => {
    test('shows output and status of each block', async () => {
      const results = await paste(
        shell,
        how,
        block('echo one', 'sleep 0.4', 'echo two'),
        block('exit 3'),
        'true',
      )
      expect(results.map(({ status }) => status)).toEqual([0, 3, 0])
      expect(results[0]?.output).toBe('one\ntwo')
    })

    test('a block of several complete lines is waited for to its last line', async () => {
      const [first, second] = await paste(shell, how, "A='it'\nsleep 0.3\nB=done", 'echo "$A $B"')
      expect(first?.status).toBe(0)
      expect(second?.output).toBe('it done')
    })

    test('a command that reads its input does not swallow the rest of the block', async () => {
      const [result] = await paste(shell, how, block('cat', 'echo still here'))
      expect(result).toMatchObject({ output: 'still here', status: 0 })
    })

    test('a missing value stops the block and leaves the shell alive', async () => {
      const results = await paste(shell, how, block('echo "$NEVER_SET"', 'echo not reached'), 'echo alive')
      expect(results[0]?.status).not.toBe(0)
      expect(results[0]?.output).toMatch(/NEVER_SET/)
      expect(results[0]?.output).not.toMatch(/^not reached/m)
      expect(results[1]?.output).toBe('alive')
    })

    test('a block larger than the terminal driver holds arrives whole', async () => {
      const lines = Array.from(
        { length: 60 },
        (_, index) => `printf %s '${String(index).padStart(90, '.')}' | tail -c 3`,
      )
      const [result] = await paste(shell, how, block(...lines))
      expect(result?.status).toBe(0)
      expect(result?.output).toMatch(/\.59$/)
    })
  })

  test('says what was on the screen when the prompt does not come', async () => {
    const terminal = await openTerminal(shell, { directory: tmpdir(), env })
    await expect(terminal.paste('echo working; sleep 30', { timeoutSeconds: 1 })).rejects.toThrow(
      /no prompt came within 1 s[\s\S]*working/,
    )
    await terminal.close()
  })

  test('says when a block is not complete', async () => {
    const terminal = await openTerminal(shell, { directory: tmpdir(), env })
    await expect(terminal.paste("echo 'open", { timeoutSeconds: 5 })).rejects.toThrow(/not complete/)
    await terminal.close()
  })
})
