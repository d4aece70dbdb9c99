/** Images of the application with other migrations, for drills. */
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Scene } from '#drill'

/** The application as it is, with these files beside its migrations. Resolves to the image's name. */
export async function withMigrations(
  { stack }: Pick<Scene, 'stack'>,
  name: string,
  migrations: Record<string, string>,
): Promise<string> {
  const image = `drillbook/app:drill-${name}`
  const { IMAGE_TAG: tag = 'dev' } = stack.entries
  const { stdout: container } = await execa('docker', ['create', `drillbook/app:${tag}`])
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  for (const [file, text] of Object.entries(migrations)) await writeFile(join(folder, file), text)
  await execa('docker', ['cp', `${folder}/.`, `${container}:/app/migrations/`])
  await execa('docker', ['commit', container, image])
  await execa('docker', ['rm', container])
  await rm(folder, { recursive: true })
  return image
}

/** Which image the environment names, as an operator says it: in its file. Without one: the stack's own again. */
export function nameImage({ stack }: Pick<Scene, 'stack'>, image = ''): void {
  const file = join(stack.root, 'environments', `${stack.name}.env`)
  const others = readFileSync(file, 'utf8').replace(/^APP_IMAGE=.*\n/gm, '')
  writeFileSync(file, image ? `${others}APP_IMAGE='${image}'\n` : others)
  if (image) stack.env.APP_IMAGE = image
  else delete stack.env.APP_IMAGE
}
