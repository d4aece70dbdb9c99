/** Brings the services of a compose file into a collection, so that no page repeats what is written there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Loader } from 'astro/loaders'
import { readCompose } from './compose.ts'

export function composeLoader(file: string): Loader {
  return {
    name: 'compose',
    load: async ({ config, store, parseData, watcher }) => {
      const path = join(fileURLToPath(config.root), file)
      const load = async () => {
        store.clear()
        for (const service of readCompose(readFileSync(path, 'utf8')).services) {
          const id = service.name
          store.set({ id, data: await parseData({ id, data: { ...service } }) })
        }
      }
      await load()
      watcher?.add(path)
      watcher?.on('change', (changed) => {
        if (changed === path) void load()
      })
    },
  }
}
