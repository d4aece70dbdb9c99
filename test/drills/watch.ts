/** Watching a stack as production is watched, at another pace. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Stack } from '#drill'

export const monitoring = [
  'prometheus',
  'alertmanager',
  'blackbox',
  'postgres-exporter',
  'redis-exporter',
  'node-exporter',
]

/**
 * Has all clocks of the monitoring go so many times as fast, and says so in the environment’s file, as an operator does. What
 * was seen before counts no more: it would look like a gap.
 */
export async function watchAt(stack: Stack, pace: number): Promise<void> {
  await unwatch(stack)
  say(stack, { MONITORING_PACE: String(pace), COMPOSE_PROFILES: 'monitoring' })
  await stack.compose(['up', '--detach', '--wait', ...monitoring])
}

/** Takes away what watches, with all that it has seen. */
export async function unwatch(stack: Stack): Promise<void> {
  say(stack, { COMPOSE_PROFILES: 'monitoring' })
  await stack.compose(['rm', '--force', '--stop', ...monitoring])
  say(stack, {})
  for (const volume of ['metrics', 'alerts'])
    await execa('docker', ['volume', 'rm', '--force', `${stack.name}_${volume}`])
}

function say(stack: Stack, wanted: Record<string, string>): void {
  const file = join(stack.root, 'environments', `${stack.name}.env`)
  const others = readFileSync(file, 'utf8').replace(/^(MONITORING_PACE|COMPOSE_PROFILES)=.*\n/gm, '')
  const lines = Object.entries(wanted).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(file, others + lines.join(''))
  for (const entries of [stack.entries, stack.env]) {
    delete entries['MONITORING_PACE']
    delete entries['COMPOSE_PROFILES']
    Object.assign(entries, wanted)
  }
}
