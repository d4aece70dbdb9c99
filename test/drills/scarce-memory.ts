/** The host’s memory, for which there is no stand-in: every container sees that of the engine’s machine. */
import { execa } from 'execa'
import type { OnStack } from './releases.ts'

const nameOf = ({ stack }: OnStack) => `${stack.name}-memory`

/** Of a pipe `tail` keeps what it may have to print at the end, which does not come for five minutes. */
const take = `bytes=$(awk '/^MemTotal/ { all = $2 } /^MemAvailable/ { free = $2 }
  END { printf "%d", (free - 0.08 * all) * 1024 }' /proc/meminfo)
{ head -c "$bytes" /dev/zero; touch /tmp/taken; sleep 300; } | tail -c "$bytes" >/dev/null`

/**
 * Takes it until 8 % are left, and returns when it is taken. Whoever needs more gets it: the kernel ends this program
 * before any other.
 */
export async function takeMemory(scene: OnStack): Promise<void> {
  const name = nameOf(scene)
  const image = `drillbook/toolbox:${scene.stack.entries.IMAGE_TAG ?? 'dev'}`
  const last = ['--oom-score-adj', '1000', '--network', 'none']
  await execa('docker', ['run', '--detach', '--init', '--name', name, ...last, image, 'bash', '-euc', take])
  const taken = 'until [ -e /tmp/taken ]; do sleep 0.5; done'
  await execa('docker', ['exec', name, 'timeout', '120', 'sh', '-c', taken])
}

export async function giveMemoryBack(scene: OnStack): Promise<void> {
  await execa('docker', ['rm', '--force', '--volumes', nameOf(scene)], { reject: false })
}
