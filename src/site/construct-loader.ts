/** Brings the constructs of a folder of runbooks into a collection, and what the reader refuses into another one. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Loader, LoaderContext } from 'astro/loaders'
import { readSource } from '../runbook/read.ts'
import { constructsOf, refusal } from './constructs.ts'

export function constructLoader(folder: string): Loader {
  return loader('constructs', async (root) => {
    const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.ts'))
    const load = (name: string) => {
      const file = `${folder}/${name}.ts`
      return { file, source: readFileSync(join(root, file), 'utf8') }
    }
    const documents = await Promise.all(
      files.map((file) => {
        const each = load(file.replace(/\.ts$/, ''))
        return readSource(each.source, each.file, { load })
      }),
    )
    return documents.flatMap(constructsOf).map((construct) => ({ ...construct }))
  })
}

/** A file with a command a line. Each must be refused. */
export function refusalLoader(file: string): Loader {
  return loader('refusals', async (root) => {
    const commands = readFileSync(join(root, file), 'utf8').split('\n').filter(Boolean)
    return Promise.all(
      commands.map(async (command, index) => {
        const refused = await refusal(command)
        if (!refused) throw new Error(`${file}:${index + 1}: the language allows this: ${command}`)
        return { id: String(index).padStart(3, '0'), command, ...refused }
      }),
    )
  })
}

function loader(
  name: string,
  read: (root: string) => Promise<({ id: string } & Record<string, unknown>)[]>,
): Loader {
  return {
    name,
    load: async ({ config, store, parseData }: LoaderContext) => {
      const entries = await read(fileURLToPath(config.root))
      store.clear()
      for (const { id, ...data } of entries) store.set({ id, data: await parseData({ id, data }) })
    },
  }
}
