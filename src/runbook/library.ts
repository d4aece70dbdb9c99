/** The runbooks of a project, on disk. `read.ts` is pure; this is its thin edge. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Document } from './document.ts'
import { type ReadOptions, readSource, type Source } from './read.ts'

const FOLDER = 'runbooks'

/** Names of the project's runbooks, in alphabetical order. */
export async function listRunbooks(root: string): Promise<string[]> {
  const files = await readdir(join(root, FOLDER)).catch(ifMissing([]))
  return files.flatMap((file) => (/^[^.].*\.ts$/.test(file) ? [file.slice(0, -'.ts'.length)] : [])).sort()
}

/**
 * Reads a runbook and what it includes. Rejects with a SourceError if the language does not allow what it says, and
 * with a plain Error if there is none of that name. `{ commands: false }` is the fast way, for help and lists.
 */
export async function readRunbook(
  root: string,
  name: string,
  options: Pick<ReadOptions, 'commands'> = {},
): Promise<Document> {
  const load = (each: string) => loadSource(root, each)
  const found = await load(name)
  if (!found) {
    const names = (await listRunbooks(root)).join(', ') || 'none yet'
    throw new Error(`There is no runbook ${JSON.stringify(name)} in ${FOLDER}/. There are: ${names}.`)
  }
  return readSource(found.source, found.file, { ...options, load, reserved: await environmentNames(root) })
}

async function loadSource(root: string, name: string): Promise<Source | undefined> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return undefined
  const file = `${FOLDER}/${name}.ts`
  const source = await readFile(join(root, file), 'utf8').catch(ifMissing(undefined))
  return source === undefined ? undefined : { source, file }
}

/** What the environment files set: `scripts/enter` loads one into the shell that holds the params. */
async function environmentNames(root: string): Promise<Map<string, string>> {
  const folder = join(root, 'environments')
  const files = (await readdir(folder).catch(ifMissing([])))
    .filter((file) => /\.env(?:\.example)?$/.test(file))
    .sort()
  const reserved = new Map<string, string>()
  for (const file of files) {
    // A drill's environment may end, and its file go, while this reads.
    const text = await readFile(join(folder, file), 'utf8').catch(ifMissing(''))
    for (const name of Object.keys(parseEnv(text))) reserved.set(name, `environments/${file} sets it`)
  }
  return reserved
}

function ifMissing<Value>(value: Value) {
  return (error: NodeJS.ErrnoException): Value => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
