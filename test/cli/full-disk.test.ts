/** A disk that fills up under the local journal, for real: a file system of 64 KiB, in a mount namespace of its own. */
import { execFileSync, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { parse } from '../../src/drill/script.ts'
import { project, source } from './project.ts'

/** Mounts a small file system at `.drillbook`, then runs the rest. */
const small = `mount -t tmpfs -o size=64k tmpfs .drillbook && exec "$@"`
const namespace = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', small, 'sh']

/** Not every system lets everybody make a namespace. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])
    return true
  } catch {
    return false
  }
}

test.skipIf(!canMount())(
  'a full disk under the journal stops the run before the next command; a colleague goes on from the target',
  async () => {
    using p = project({
      try: source(
        ['one', 'two', 'three', 'four', 'five', 'six', 'seven']
          .map((name) => `await step('Do ${name}', () => $\`bash talk.sh ${name}\`)`)
          .join('\n\n'),
      ),
    })
    p.write('talk.sh', 'echo x >>"did-$1"; head -c 15000 /dev/zero | tr "\\0" x')
    p.write('.drillbook/empty', '')
    const [program = '', ...args] = [
      ...[...namespace, process.execPath, join(p.root, 'src/cli/main.ts')],
      ...['try', '--on=production', '--yes=production', '--json'],
    ]
    const { PATH = '', HOME = '/' } = process.env
    const child = spawn(program, args, {
      cwd: p.root,
      env: { PATH: `${join(p.root, 'bin')}:${PATH}`, HOME },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exit = new Promise((resolve) => child.on('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(await exit).toBe(1)
    expect(stdout + stderr).toMatch(/The journal cannot be written \(ENOSPC\).*Make room on this disk/s)
    // What it printed as recorded is what the target has, and nothing was run that is not.
    const printed = parse(stdout).filter(({ event }) => (event as string) !== 'output')
    const [run = ''] = printed.flatMap((event) => (event.event === 'run-start' ? [event.run] : []))
    const there = parse(p.read(`target/runs/${run}.jsonl`))
    expect(there).toEqual(printed)
    const began = there.filter(({ event }) => event === 'command-start').length
    const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']
    const did = () => names.filter((name) => p.exists(`did-${name}`))
    expect(did()).toHaveLength(began)
    expect(began).toBeLessThan(7)
    expect(p.exists('target/lock')).toBe(false)

    const again = await p.run(['resume', '--on=production', '--yes=production', '--step=again'])
    expect(again).toMatchObject({ exit: 0 })
    expect(did()).toEqual(names)
    // Only the step whose end could not be recorded was run twice.
    expect(names.map((name) => p.read(`did-${name}`).length / 2).filter((times) => times !== 1)).toEqual([2])
  },
)

test('a full disk on the target leaves no gap in its journal, though it still takes short lines', async () => {
  using p = project({
    try: source("await step('One', () => $`bash talk.sh`)\n\nawait step('Two', () => $`touch two`)"),
  })
  p.write('talk.sh', 'touch target/narrow; head -c 1000 /dev/zero | tr "\\0" x')
  const { exit, stdout, stderr } = await p.run(['try', '--on=production', '--yes=production'])
  expect(exit).toBe(1)
  expect(stdout + stderr).toContain('The journal on production cannot be written: No space left on device')
  expect(p.exists('two')).toBe(false)
  const [run = ''] = p.runs()
  const there = p.read(`target/runs/${run}.jsonl`)
  expect(p.read(`.drillbook/runs/${run}.jsonl`).startsWith(there)).toBe(true)
  expect(there).not.toContain('run-end')

  rmSync(join(p.root, 'target/narrow'))
  p.write('talk.sh', 'echo done')
  expect(await p.run(['resume', '--yes=production', '--step=again'])).toMatchObject({ exit: 0 })
  expect(p.read(`target/runs/${run}.jsonl`)).toBe(p.read(`.drillbook/runs/${run}.jsonl`))
})
