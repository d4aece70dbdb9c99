/**
 * An empty place for an environment: a Compose project of another name, with ports of its own and no volume. What was
 * played on before goes on beside it, and shows whether it is left alone.
 *
 * A second engine would be emptier still. But every image has to be sent to it, which takes longer than most plays: the
 * drill of “Rebuild the system” has one (`second-engine.ts`).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Stack } from '#drill'
import { down } from '../../src/drill/down.ts'
import { freePort } from '../../src/drill/free-port.ts'
import { attach } from '../../src/drill/stack.ts'
import { system, type Tools } from './stack.ts'

interface Place {
  stack: Stack
  tools: Tools & { close(): Promise<void> }
  /** The environment's file, as it was before. */
  text: string
}

const places = new Map<string, Place>()
const fileOf = ({ root, name }: Stack) => join(root, 'environments', `${name}.env`)

/** Lets the environment's file lead to an empty place. `entries` differ from those of the drill's stack, too. */
export async function moveToEmptyPlace(stack: Stack, entries: Record<string, string> = {}): Promise<void> {
  const project = `${stack.name}-new`
  const https = await freePort()
  const own: Record<string, string> = {
    COMPOSE_PROJECT_NAME: project,
    HTTPS_PORT: `127.0.0.1:${https}`,
    HTTP_PORT: `127.0.0.1:${await freePort()}`,
    APP_URL: `https://localhost:${https}`,
    ...entries,
  }
  const text = readFileSync(fileOf(stack), 'utf8')
  const kept = text.split('\n').filter((line) => line && !((/^\w+/.exec(line)?.[0] ?? '') in own))
  const added = Object.entries(own).map(([key, value]) => `${key}='${value}'`)
  writeFileSync(fileOf(stack), `${[...kept, ...added].join('\n')}\n`)
  const there = attach(stack.root, stack.name)
  places.set(stack.name, { stack: there, tools: await system.tools(there), text })
  for (const kind of ['volume', 'container', 'network']) {
    const filter = `label=com.docker.compose.project=${project}`
    const { stdout } = await execa('docker', [kind, 'ls', '--quiet', '--filter', filter])
    if (stdout) throw new Error(`The place is not empty: a ${kind} is there.`)
  }
}

/** The place that the environment's file leads to; undefined before. */
export const emptyPlace = ({ name }: Stack): Place | undefined => places.get(name)

/** Removes it, and lets the file lead where it led before. */
export async function moveBack(stack: Stack): Promise<void> {
  const place = places.get(stack.name)
  if (!place) return
  await place.tools.close()
  await place.stack.compose(down)
  writeFileSync(fileOf(stack), place.text)
  places.delete(stack.name)
}
