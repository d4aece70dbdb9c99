/** The second store, which a drill starts when it needs one, and what lies in it. */
import type { Stack } from '#drill'
import type { Tools } from './stack.ts'

export async function startFarStore({ stack }: { stack: Stack }): Promise<void> {
  await stack.compose(['up', '--detach', '--wait', '--no-deps', 'far'])
}

/** Its volume stays, and goes with the stack. */
export async function stopFarStore({ stack }: { stack: Stack }): Promise<void> {
  await stack.compose(['rm', '--stop', '--force', 'far'])
}

/** What the scheduler does when the next hour begins. */
export const copyAsScheduled = ({ exec }: Pick<Tools, 'exec'>): Promise<string> =>
  exec('scheduler', 'copies-due', '1 hour')

/** The newest complete copy: when it was begun, and how many files it holds. */
export async function newestCopy({ exec }: Pick<Tools, 'exec'>): Promise<{ at: string; objects: number }> {
  return JSON.parse(await exec('scheduler', 'cat', '/var/lib/scheduler/far/copied'))
}

/** A bash script in the toolbox, in an empty folder. `$1` … are the arguments. */
export const inToolbox = (
  { exec }: Pick<Tools, 'exec'>,
  script: string,
  ...args: string[]
): Promise<string> =>
  exec(
    'toolbox',
    'bash',
    '-c',
    `set -euo pipefail; cd "$(mktemp -d)"; trap 'rm -rf "$PWD"' EXIT; ${script}`,
    'drill',
    ...args,
  )

/** Flips one bit in the middle of the copy of a file. The second store does not know that it is not what was copied. */
export const flipCopy = (tools: Pick<Tools, 'exec'>, key: string): Promise<string> =>
  inToolbox(
    tools,
    `far-rclone copyto "far:assets-copy/current/$1" copy
     at=$(($(stat -c %s copy) / 2))
     byte=$(od -An -tu1 -j "$at" -N 1 copy)
     printf "\\\\x$(printf %x $((byte ^ 1)))" | dd of=copy bs=1 seek="$at" conv=notrunc status=none
     far-rclone copyto --ignore-times copy "far:assets-copy/current/$1"`,
    key,
  )
