/** Watching a stack as production is watched, at another pace. */
import { execa } from 'execa'
import type { Stack } from '#drill'
import { setEntries } from './entries.ts'

const own = /^(MONITORING_PACE|COMPOSE_PROFILES)$/

export const monitoring = [
  'prometheus',
  'alertmanager',
  'blackbox',
  'postgres-exporter',
  'redis-exporter',
  'node-exporter',
  'logs',
  'log-exporter',
]

/**
 * Has all clocks of the monitoring go so many times as fast, and says so in the environment’s file, as an operator does. What
 * was seen before counts no more: it would look like a gap.
 */
export async function watchAt(stack: Stack, pace: number): Promise<void> {
  await unwatch(stack)
  setEntries(stack, own, { MONITORING_PACE: String(pace), COMPOSE_PROFILES: 'monitoring' })
  await stack.compose(['up', '--detach', '--wait', ...monitoring])
}

const collector = ['logs', 'log-exporter']

/** Keeps what the services say, and nothing else of the monitoring. The environment’s file stays as it is. */
export async function collectLogs(stack: Stack): Promise<void> {
  await stack.compose(['up', '--detach', '--wait', ...collector])
}

/** Takes that away again, with what was kept. */
export async function forgetLogs(stack: Stack): Promise<void> {
  await stack.compose(['--profile', 'monitoring', 'rm', '--force', '--stop', ...collector])
  await execa('docker', ['volume', 'rm', '--force', `${stack.name}_logs`])
}

/** Takes away what watches, with all that it has seen. */
export async function unwatch(stack: Stack): Promise<void> {
  setEntries(stack, own, { COMPOSE_PROFILES: 'monitoring' })
  await stack.compose(['rm', '--force', '--stop', ...monitoring])
  setEntries(stack, own, {})
  for (const volume of ['metrics', 'alerts', 'logs'])
    await execa('docker', ['volume', 'rm', '--force', `${stack.name}_${volume}`])
}
