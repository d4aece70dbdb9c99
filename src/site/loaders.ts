import type { Loader, LoaderContext } from 'astro/loaders'

/** A loader of ours: tells the ids it owns, so that it can share a collection. */
export type SharingLoader = Loader & { owns: (id: string) => boolean }

/**
 * One collection from Astro's own loader and from ours. Each loader deletes the entries it did not find, so it
 * must not see those of the other.
 */
export function several(files: Loader, own: SharingLoader): Loader {
  return {
    name: `${files.name}+${own.name}`,
    load: async (context) => {
      await files.load({ ...context, store: only(context.store, (id) => !own.owns(id)) })
      await own.load({ ...context, store: only(context.store, own.owns) })
    },
  }
}

function only(store: LoaderContext['store'], mine: (id: string) => boolean): LoaderContext['store'] {
  return { ...store, keys: () => store.keys().filter(mine) }
}
