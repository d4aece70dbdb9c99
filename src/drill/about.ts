/** What runs in a stack, for whoever wants to know with what a runbook was proven. */
import type { Stack, System } from './types.ts'

export interface About {
  /** `{ postgres: '17.6', … }` */
  versions: Record<string, string>
  /** Repository and tag → the image's digest, 64 hexadecimal digits. */
  images: Record<string, string>
}

export async function aboutOf(system: System<object>, stack: Stack): Promise<About> {
  const [versions, images] = await Promise.all([system.versions(stack), imagesOf(stack)])
  return { versions, images }
}

async function imagesOf(stack: Stack): Promise<Record<string, string>> {
  const listed = JSON.parse(await stack.compose(['images', '--format', 'json'])) as ImageLine[]
  return Object.fromEntries(
    listed
      .map(({ Repository, Tag, ID }) => [`${Repository}:${Tag}`, ID.replace(/^sha256:/, '').slice(0, 64)])
      .sort(),
  )
}

interface ImageLine {
  Repository: string
  Tag: string
  ID: string
}
