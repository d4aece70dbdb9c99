import { setTimeout as sleep } from 'node:timers/promises'
import { describe, outages, removeCatalogue, startCatalogue } from './catalogue.ts'
import { asQuickAs, noneFailed, startLoad } from './load.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const sentence = 'Descriptions are not available at the moment.'
const whole = async (scene: Scene & Tools) =>
  (await describe(scene)).description === `Somebody else knows ${scene.notes.title}.`

/** What /readyz says is degraded, and why. Throws if it is not ready. */
async function degraded({ http }: Tools): Promise<string> {
  const { status, body } = await http('/readyz', { milliseconds: 10_000 })
  if (status !== 200) throw new Error(`The application is not ready: ${status} ${body}`)
  const list = JSON.parse(body).degraded as { feature: string; why: string }[]
  return list.map(({ feature, why }) => `${feature}: ${why}`).join()
}

/** Until each of the two containers has said so, several times. */
async function wait(scene: Scene & Tools, ready: () => Promise<boolean>, what: string): Promise<void> {
  for (let [left, times] = [100, 0]; times < 6; left--) {
    times = (await ready()) ? times + 1 : 0
    if (left === 0) throw new Error(`Not seen: ${what}. Degraded: ${await degraded(scene)}`)
    await sleep(100)
  }
}

/** Users who sign in, read and write all the time; and others who ask for descriptions, beside them. */
interface Askers {
  answers: { at: number; what: string; milliseconds: number }[]
  stop(): Promise<void>
}
const askers = new Map<string, Askers>()

function ask(scene: Scene & Tools): Askers {
  const answers: Askers['answers'] = []
  const until = Date.now() + 240_000
  let ended = false
  const users = Array.from({ length: 3 }, async () => {
    while (!ended && Date.now() < until) {
      const at = Date.now()
      const { what, milliseconds } = await describe(scene).then(
        ({ description, message, milliseconds }) => ({
          what: description === null ? (message ?? '') : 'a description',
          milliseconds,
        }),
        (error: Error) => ({ what: error.message, milliseconds: 0 }),
      )
      answers.push({ at, what, milliseconds })
      await sleep(150)
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

async function prepare(scene: Scene & Tools): Promise<void> {
  const { sql, notes, exec, stack } = scene
  await exec('toolbox', 'feature-switch', 'on', 'descriptions')
  await startCatalogue(scene)
  const [id = '', title = ''] = (
    await sql`select id, title from books order by created_at, id limit 1`
  ).split('|')
  Object.assign(notes, { book: id, title })
  // An application that had no catalogue until now asks again within ten seconds.
  await wait(scene, () => whole(scene), 'a description')
  await startLoad(scene, 30)
  askers.set(stack.name, ask(scene))
}

/** Nobody failed, and whoever asked for a description was told one of the two in a second or so. */
async function nobodyNoticed(scene: Scene & Tools): Promise<void> {
  const { answers, stop } = askers.get(scene.stack.name) as Askers
  await stop()
  await noneFailed(scene)
  const other = answers.find(({ what }) => what !== 'a description' && what !== sentence)
  if (other) throw new Error(`Who asked for a description was told: ${other.what}`)
  for (const what of ['a description', sentence])
    if (answers.filter((answer) => answer.what === what).length < 5)
      throw new Error(`Hardly anybody was told ${what}`)
  // The application waits 0.8 s for the catalogue; the rest is this machine.
  const slow = answers.filter(({ milliseconds }) => milliseconds > 2000)
  if (slow.length > 0) throw new Error(`${slow.length} of ${answers.length} waited over two seconds.`)
}

/** Of all requests, whatever they were for. */
const quick = async (scene: Scene) => asQuickAs(scene, Number(scene.notes.disaster), Date.now())

const isOff = async (scene: Scene & Tools) =>
  (await degraded(scene)) === 'descriptions: switched off' && (await describe(scene)).message === sentence

async function putRight(scene: Scene & Tools): Promise<void> {
  await removeCatalogue(scene)
  await scene.exec('toolbox', 'feature-switch', 'on', 'descriptions')
}

drill('degrade', {
  scenario: 'A third party is down, and users go without',
  prepare,
  phases: Object.keys(outages).map((outage) => ({
    name: `it ${outage}`,
    async reach({ notes }) {
      notes.outage = outage
    },
  })),
  async disaster(scene) {
    scene.notes.disaster = String(Date.now())
    // Rehearsed in the sandbox, no phase is reached.
    await outages[(scene.notes.outage ?? 'hangs') as keyof typeof outages](scene)
    await wait(
      scene,
      async () => (await degraded(scene)) === 'descriptions: the catalogue does not answer',
      'that both containers have given up',
    )
  },
  params: () => ({ STATE: 'off' }),
  serving: (scene) => isOff(scene).catch(() => false),
  sameTables: false,
  async verify(scene) {
    const { http, notes } = scene
    await nobodyNoticed(scene)
    const page = await http(`/books/${notes.book}`, { milliseconds: 10_000 })
    if (page.status !== 200 || !page.body.includes(sentence))
      throw new Error(`The page of a book does not say so: ${page.status}`)
    // It is off because an operator said so, and stays off until he says otherwise.
    await startCatalogue(scene)
    await scene.stack.compose(['restart', 'app'])
    await wait(scene, () => isOff(scene).catch(() => false), 'that it stays off')
    await putRight(scene)
  },
  atOnce: quick,
  mutants: true,
})

drill('degrade', {
  scenario: 'It answers again, and users get descriptions back',
  async prepare(scene) {
    await prepare(scene)
    await scene.play({ STATE: 'off' })
    scene.notes.disaster = String(Date.now())
    if (!(await isOff(scene))) throw new Error('It is not switched off.')
  },
  async disaster() {},
  params: () => ({ STATE: 'on' }),
  serving: (scene) => whole(scene).catch(() => false),
  sameTables: false,
  async verify(scene) {
    await nobodyNoticed(scene)
    await wait(scene, () => whole(scene), 'descriptions')
    if (await degraded(scene)) throw new Error(`Still degraded: ${await degraded(scene)}`)
    const page = await scene.http(`/books/${scene.notes.book}`, { milliseconds: 10_000 })
    if (!page.body.includes('Somebody else knows')) throw new Error('The page has no description.')
    await putRight(scene)
  },
  atOnce: quick,
  mutants: true,
})

twin('degrade', {
  twin: 'It is to come back, and the third party is still down',
  async break(scene) {
    await startCatalogue(scene)
    scene.notes.book = await scene.sql`select id from books limit 1`
    await scene.exec('toolbox', 'feature-switch', 'off', 'descriptions')
    await outages.hangs(scene)
  },
  async mend(scene) {
    await wait(scene, () => isOff(scene), 'that it is still off')
    await putRight(scene)
  },
  params: () => ({ STATE: 'on' }),
  message: /The catalogue at http:\/\/catalogue:8000\/ does not answer: .*Descriptions stay as they are/s,
  mutants: true,
})

/** Nobody would notice. What was switched is put back. */
function withoutApplication(state: 'on' | 'off') {
  const before = state === 'on' ? 'off' : 'on'
  twin('degrade', {
    twin: `It is to be switched ${state}, and the application does not run`,
    async break(scene) {
      await startCatalogue(scene)
      scene.notes.book = await scene.sql`select id from books limit 1`
      await scene.exec('toolbox', 'feature-switch', before, 'descriptions')
      await scene.stack.compose(['stop', 'app'])
    },
    async mend(scene) {
      await scene.stack.compose(['up', '--detach', '--wait', '--no-deps', 'app'])
      // It reads the switch a second after its start, at the latest.
      await sleep(2000)
      if ((await isOff(scene)) !== (before === 'off')) throw new Error('It was not switched back.')
      await putRight(scene)
    },
    params: () => ({ STATE: state }),
    message: /No container of the application runs/,
    mutants: true,
  })
}
withoutApplication('off')
withoutApplication('on')

twin('degrade', {
  twin: 'The cache, which holds the switch, is down',
  async break(scene) {
    await startCatalogue(scene)
    await scene.stack.compose(['stop', 'cache'])
  },
  async mend(scene) {
    await scene.stack.compose(['start', 'cache'])
    await removeCatalogue(scene)
    for (let left = 60; (await scene.http('/readyz').catch(() => ({ status: 0 }))).status !== 200; left--) {
      if (left === 0) throw new Error('The application does not come back.')
      await sleep(500)
    }
    if ((await degraded(scene)).includes('switched off')) throw new Error('It was switched off.')
  },
  params: () => ({ STATE: 'off' }),
  message: /The cache, which holds the switch, does not answer/,
})

mayLack('degrade', {
  command: 'third-party look',
  why: 'It only tells the operator how the third party answers.',
})
mayLack('degrade', {
  command: 'feature-switch noticed',
  why: 'The application notices by itself within a second. It tells when that is so.',
})
mayLack('degrade', {
  command: 'feature-switch shown',
  why: 'It only asks; the drill asks the same from outside.',
})
