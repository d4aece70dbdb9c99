import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  authorities,
  replaceAuthority,
  served,
  silenceAuthority,
  useAuthority,
  withoutAuthority,
} from './authority.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

interface Load {
  connections: number
  failed: string[]
  stop(): Promise<void>
}

const loads = new Map<string, Load>()

/** Users who come anew each time, so that each sees which certificate is served: three at a time. */
function comeAndGo({ stack }: Scene): Load {
  const load: Load = { connections: 0, failed: [], stop: async () => {} }
  const until = Date.now() + 240_000
  let ended = false
  const [host = '', port] = (stack.entries.HTTPS_PORT ?? '').split(':')
  const users = Array.from({ length: 3 }, async () => {
    while (!ended && Date.now() < until) {
      load.connections++
      const answer = await get(host, Number(port))
      if (answer !== 200) load.failed.push(String(answer))
      await sleep(30)
    }
  })
  load.stop = async () => {
    ended = true
    await Promise.all(users)
  }
  return load
}

/** The status of one page, on a connection of its own, or why there is none. */
function get(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host,
        port,
        path: '/livez',
        servername: 'localhost',
        headers: { host: 'localhost' },
        agent: false,
        rejectUnauthorized: false,
        timeout: 5000,
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
        answer.on('error', (error) => resolve(error.message))
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', (error) => resolve(error.message))
    asked.end()
  })
}

drill('renew-certificate', {
  scenario: 'The certificate has expired, after the authority was away',
  async prepare(scene) {
    await useAuthority(scene, { seconds: 20 })
    await silenceAuthority(scene)
    const { ends = 0 } = await served(scene)
    if (ends > Date.now() + 60_000) throw new Error('The certificate does not expire soon.')
    await sleep(ends - Date.now() + 1500)
    await replaceAuthority(scene, {})
    scene.notes.authorities = await authorities(scene)
    const { serial, refused } = await served(scene, scene.notes.authorities)
    if (!refused?.includes('EXPIRED')) throw new Error(`The certificate has not expired: ${refused}`)
    scene.notes.serial = serial ?? ''
  },
  async disaster(scene) {
    loads.set(scene.stack.name, comeAndGo(scene))
  },
  /** Clients that check certificates. */
  serving: async (scene) => !(await served(scene, scene.notes.authorities ?? '')).refused,
  limits: { rpo: 0 },
  async verify(scene) {
    const load = loads.get(scene.stack.name)
    await load?.stop()
    if (!load || load.connections < 50)
      throw new Error(`There was no load: ${load?.connections} connections.`)
    if (load.failed.length > 0)
      throw new Error(`${load.failed.length} of ${load.connections} failed: ${load.failed.slice(0, 3)}`)
    // Each time, since a second Caddy that was left behind would be asked now and then.
    const seen = await Promise.all(Array.from({ length: 20 }, () => served(scene, scene.notes.authorities)))
    const serials = new Set(seen.map(({ serial }) => serial))
    if (serials.size > 1 || serials.has(scene.notes.serial))
      throw new Error(`Served: ${[...serials]}, before: ${scene.notes.serial}`)
    const [{ refused, names, ends = 0 } = {}] = seen
    if (refused || names !== 'DNS:localhost') throw new Error(`Refused for ${names}: ${refused}`)
    const days = (ends - Date.now()) / 86_400_000
    if (days < 89) throw new Error(`The certificate ends in ${days} days.`)
    await withoutAuthority(scene)
  },
  mutants: true,
})

/** What is served before the twin breaks anything, and must be served after. */
async function remember(scene: Scene & Tools): Promise<void> {
  await useAuthority(scene, {})
  scene.notes.serial = (await served(scene)).serial ?? ''
}

async function sameAsBefore(scene: Scene & Tools): Promise<void> {
  const { serial } = await served(scene)
  await withoutAuthority(scene)
  if (serial !== scene.notes.serial) throw new Error(`Served: ${serial}, before: ${scene.notes.serial}`)
}

twin('renew-certificate', {
  twin: 'The authority does not answer',
  async break(scene) {
    await remember(scene)
    await silenceAuthority(scene)
  },
  mend: sameAsBefore,
  message: /The authority gave no certificate for localhost: .*connection refused/,
})

twin('renew-certificate', {
  twin: 'The authority refuses the name',
  async break(scene) {
    await remember(scene)
    await replaceAuthority(scene, { refuses: 'localhost' })
  },
  mend: sameAsBefore,
  message: /The authority gave no certificate for localhost: .*rejectedIdentifier/,
})

/** One for tests, say. Browsers would refuse what it issues. */
twin('renew-certificate', {
  twin: 'The authority is one that nobody trusts',
  async break(scene) {
    await remember(scene)
    await scene.exec('proxy', 'cp', '/var/lib/caddy/tls.crt', '/var/lib/caddy/ca.crt')
  },
  mend: sameAsBefore,
  message: /The new certificate would not be trusted/,
})

mayLack('renew-certificate', {
  command: 'toolbox served-certificate',
  why: 'They only look; the drill looks itself.',
})
