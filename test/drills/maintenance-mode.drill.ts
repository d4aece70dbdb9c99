import { setTimeout as sleep } from 'node:timers/promises'
import { type Author, startWriting } from './author.ts'
import { type Answer, drill, mayLack, system, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const marker = '/var/lib/caddy/maintenance'
const isPage = ({ status, headers, body }: Answer) =>
  status === 503 &&
  Number(headers['retry-after']) > 0 &&
  headers['cache-control'] === 'no-store' &&
  /being maintained/.test(body)

/** Every answer that users get while the runbook is played: the shelf or the page, and nothing else. */
interface Readers {
  answers: { at: number; what: 'shelf' | 'page' | string }[]
  stop(): Promise<void>
}
const readers = new Map<string, Readers>()
const authors = new Map<string, Author>()

function read({ http }: Tools): Readers {
  const answers: Readers['answers'] = []
  let ended = false
  const users = ['/', '/api/books?limit=20', '/', '/api/books?limit=20'].map(async (path) => {
    while (!ended) {
      const what = await http(path, { milliseconds: 15_000 }).then(
        (answer) => (answer.status === 200 ? 'shelf' : isPage(answer) ? 'page' : `status ${answer.status}`),
        (error: Error) => error.message,
      )
      answers.push({ at: Date.now(), what })
      await sleep(50)
    }
  })
  return {
    answers,
    async stop() {
      ended = true
      await Promise.all(users)
    },
  }
}

/** Users read and write all the time; the author remembers what was accepted. */
async function begin(scene: Scene & Tools): Promise<void> {
  scene.notes.tables = JSON.stringify(await system.tables(scene.stack))
  readers.set(scene.stack.name, read(scene))
}

/** Throws unless all got the one until some moment, and the other from then on. */
async function readersSaw(scene: Scene, before: string, after: string): Promise<void> {
  const them = readers.get(scene.stack.name)
  await them?.stop()
  const answers = them?.answers ?? []
  const other = answers.filter(({ what }) => what !== before && what !== after)
  if (other.length > 0) throw new Error(`${other.length} of ${answers.length} users got: ${other[0]?.what}`)
  const count = (wanted: string) => answers.filter(({ what }) => what === wanted).length
  if (count(before) < 20 || count(after) < 20)
    throw new Error(`Users got ${count(before)} times the ${before}, ${count(after)} times the ${after}.`)
  // Several ask at once, so that the last one before may be told after the first one since.
  const first = answers.find(({ what }) => what === after)?.at ?? 0
  const late = answers.filter(({ at, what }) => what === before && at > first + 10_000)
  if (late.length > 0) throw new Error(`${late.length} users got the ${before} long after the ${after}.`)
}

/** What was accepted is there; without it the tables are as they were. */
async function sameRows(scene: Scene & Tools): Promise<void> {
  await authors.get(scene.stack.name)?.stop()
  const tables = JSON.stringify(await system.tables(scene.stack))
  if (tables !== scene.notes.tables) throw new Error('The tables are not as they were.')
}

const pageIsShown = async ({ http }: Tools) => {
  const answers = await Promise.all(
    ['/', '/api/books', '/api/sessions/current'].map((path) => http(path, { milliseconds: 15_000 })),
  )
  return answers.every(isPage)
}
const statusOf = ({ http }: Tools, path: string) =>
  http(path, { milliseconds: 15_000 }).then(({ status }) => status)

async function stays(scene: Scene & Tools, when: string): Promise<void> {
  for (let left = 30; !(await pageIsShown(scene).catch(() => false)); left--) {
    if (left === 0 || (await statusOf(scene, '/').catch(() => 0)) === 200)
      throw new Error(`Users do not get the page ${when}.`)
    await sleep(1000)
  }
}

drill('maintenance-mode', {
  scenario: 'It is turned on while users read and write',
  async prepare(scene) {
    await begin(scene)
    authors.set(scene.stack.name, await startWriting(scene))
    await sleep(3000)
  },
  async disaster() {},
  params: () => ({ STATE: 'on' }),
  limits: { rpo: 0 },
  serving: (scene) => pageIsShown(scene).catch(() => false),
  sameTables: false,
  async verify(scene) {
    const { stack, exec } = scene
    await readersSaw(scene, 'shelf', 'page')
    for (const path of ['/livez', '/readyz', '/version'])
      if ((await statusOf(scene, path)) !== 200) throw new Error(`Operators do not get ${path}.`)
    await stack.compose(['restart', 'proxy'])
    await stays(scene, 'after a restart of the proxy')
    await stack.compose(['stop', 'app'])
    await stays(scene, 'without the application')
    await stack.compose(['start', 'app'])
    for (let left = 60; (await statusOf(scene, '/readyz')) !== 200; left--) {
      if (left === 0) throw new Error('The application does not come back.')
      await sleep(1000)
    }
    await stays(scene, 'after a restart of the application')
    await exec('proxy', 'rm', marker)
    await sameRows(scene)
  },
  mutants: true,
})

drill('maintenance-mode', {
  scenario: 'It is turned off again',
  async prepare(scene) {
    await scene.play({ STATE: 'on' })
    await begin(scene)
    await sleep(3000)
  },
  async disaster() {},
  params: () => ({ STATE: 'off' }),
  limits: { rpo: 0 },
  async verify(scene) {
    authors.set(scene.stack.name, await startWriting(scene))
    await sleep(3000)
    await readersSaw(scene, 'page', 'shelf')
    await sameRows(scene)
  },
  mutants: true,
})

twin('maintenance-mode', {
  twin: 'It is to be turned off, and the application does not run',
  async break({ stack, exec }) {
    await exec('proxy', 'touch', marker)
    await stack.compose(['stop', 'app'])
  },
  async mend(scene) {
    if (!(await pageIsShown(scene))) throw new Error('Users do not get the page any more.')
    await scene.stack.compose(['start', 'app'])
    await scene.exec('proxy', 'rm', marker)
  },
  params: () => ({ STATE: 'off' }),
  message: /The application does not answer/,
  mutants: true,
})

twin('maintenance-mode', {
  twin: 'The proxy does not run',
  break: ({ stack }) => stack.compose(['stop', 'proxy']),
  mend: ({ stack }) => stack.compose(['start', 'proxy']),
  params: () => ({ STATE: 'on' }),
  message: /service "proxy" is not running/,
})

mayLack('maintenance-mode', {
  command: 'requests-ended',
  why: 'It waits for requests that end by themselves. It tells when the operator may begin.',
})
mayLack('maintenance-mode', {
  command: 'maintenance-shown',
  why: 'It only asks; the drill asks the same from outside.',
})
