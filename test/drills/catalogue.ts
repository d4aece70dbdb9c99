/** Somebody else’s service, which describes books: beside the stack, in a container of its own, and not part of it. */
import { composeBeside } from './beside.ts'
import type { drill, Tools } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const source = `const { createServer } = require('node:http')
createServer((asked, answer) => {
  const title = new URL(asked.url, 'http://catalogue').searchParams.get('title')
  if (process.env.BREAKS) return answer.writeHead(500).end('Out of order')
  answer.end(JSON.stringify({ description: 'Somebody else knows ' + title + '.' }))
}).listen(8000)`

/** Compose with the catalogue beside the services of the stack. */
const beside = (scene: Pick<Scene, 'stack'>, breaks: string, ...args: string[]) =>
  composeBeside(
    scene,
    {
      catalogue: {
        image: `drillbook/app:\${IMAGE_TAG:-dev}`,
        entrypoint: ['node', '-e', source],
        environment: { BREAKS: breaks },
        networks: ['edge'],
        init: true,
        stop_grace_period: '1s',
        healthcheck: { test: ['CMD', 'port-open', '8000'], interval: '1s' },
      },
    },
    ...args,
  )

/** It answers, whatever was done to it before. */
export async function startCatalogue(scene: Scene): Promise<void> {
  await removeCatalogue(scene)
  await beside(scene, '', 'up', '--detach', '--wait', '--no-deps', 'catalogue')
}

export async function removeCatalogue(scene: Scene): Promise<void> {
  await beside(scene, '', 'kill', 'catalogue').catch(() => {})
  await beside(scene, '', 'rm', '--stop', '--force', 'catalogue')
}

/** What may become of a third party. */
export const outages = {
  /** It takes connections, and says nothing. */
  hangs: (scene: Scene) => beside(scene, '', 'pause', 'catalogue'),
  /** Its name is not known any more. */
  'is gone': removeCatalogue,
  'answers 500': (scene: Scene) => beside(scene, 'yes', 'up', '--detach', '--wait', '--no-deps', 'catalogue'),
}

export interface Told {
  description: string | null
  message?: string
  milliseconds: number
}

/** What users are told of a book. */
export async function describe({ http, notes }: Scene & Tools): Promise<Told> {
  const began = Date.now()
  const { status, body } = await http(`/api/books/${notes.book}/description`, { milliseconds: 10_000 })
  if (status !== 200) throw new Error(`Who asks for a description gets ${status}: ${body}`)
  return { ...JSON.parse(body), milliseconds: Date.now() - began }
}
