/** Brings what the reader refuses into a collection. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Loader } from 'astro/loaders'
import { refusal } from './constructs.ts'

/** `file` has a command a line. Each must be refused. */
export function refusalLoader(file: string): Loader {
  return {
    name: 'refusals',
    load: async ({ config, store, parseData }) => {
      const text = readFileSync(join(fileURLToPath(config.root), file), 'utf8')
      store.clear()
      for (const [index, command] of text.split('\n').filter(Boolean).entries()) {
        const refused = await refusal(command)
        if (!refused) throw new Error(`${file}:${index + 1}: the language allows this: ${command}`)
        const id = String(index).padStart(3, '0')
        store.set({ id, data: await parseData({ id, data: { command, ...refused } }) })
      }
    },
  }
}
