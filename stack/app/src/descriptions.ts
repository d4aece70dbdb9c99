import type { Cache } from './cache.ts'
import { type Catalogue, createCatalogue, type Result } from './catalogue.ts'
import { watchFlag } from './flag.ts'
import type { Log } from './log.ts'

/** An operator sets it: descriptions are then not asked for. */
export const descriptionsOffKey = 'switched-off:descriptions'

export type Description = { description: string | null; message?: string }
export type Degraded = { feature: 'descriptions'; why: string }

export type Descriptions = {
  of(book: { title: string; author: string }): Promise<Description>
  /** What users go without at the moment. It is no reason not to be ready. */
  degraded(): Degraded[]
}

const unavailable = { description: null, message: 'Descriptions are not available at the moment.' }
const unknown = { description: null, message: 'The catalogue has no description of this book.' }

/** What a catalogue elsewhere says about our books. Nothing else on the shelf needs it. */
export function createDescriptions(
  address: string,
  cache: Cache,
  log: Log,
  count: (result: Result) => void,
): Descriptions {
  const catalogue = createCatalogue(address, log, count)
  const off = watchFlag(cache, descriptionsOffKey, (set) => {
    log.info({ descriptions: !set }, set ? 'descriptions were switched off' : 'descriptions were switched on')
    if (!set) catalogue.reset()
  })
  return {
    async of(book) {
      if (off.isSet()) return unavailable
      return catalogue.describe(book).then(
        (description) => (description === null ? unknown : { description }),
        () => unavailable,
      )
    },
    degraded: () => degradation(off.isSet(), catalogue),
  }
}

function degradation(off: boolean, catalogue: Pick<Catalogue, 'failing'>): Degraded[] {
  if (off) return [{ feature: 'descriptions', why: 'switched off' }]
  if (catalogue.failing()) return [{ feature: 'descriptions', why: 'the catalogue does not answer' }]
  return []
}
