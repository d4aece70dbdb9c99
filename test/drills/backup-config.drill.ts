import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inToolbox, startFarStore, stopFarStore } from './far-store.ts'
import { ageKey, contentsOf, kitOf, kitParams, secretsIn, textOf } from './recovery-kit.ts'
import { drill, inSecrets, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const source = 'cd /run/secrets/.source'

const record = ({ exec }: Pick<Tools, 'exec'>) =>
  exec('toolbox', 'sh', '-c', 'cat /var/lib/drillbook/recovery-kit.json 2>/dev/null || true')

/** What the checklist says of the kit. */
async function answer(scene: Scene & Tools): Promise<string> {
  const ages = await scene.stack.compose([...['run', '--rm', '--no-deps', '-T', 'secrets', 'secret-ages']])
  await scene.stack.compose(['exec', '-T', 'toolbox', 'readiness-facts', 'secrets'], { input: ages })
  const text = await scene.exec(
    ...(['toolbox', 'sh', '-c', 'readiness-report production json 2>/dev/null || [ $? = 1 ]'] as const),
  )
  const { items } = JSON.parse(text) as { items: { id: string; answer: string; found: string }[] }
  const item = items.find(({ id }) => id === 'recovery-kit')
  return `${item?.answer}: ${item?.found}`
}

drill('backup-config', {
  scenario: 'A secret was made anew since the last kit',
  async prepare(scene) {
    await startFarStore(scene)
    await kitOf(scene.stack)
    await scene.play(kitParams(scene.stack))
    scene.notes.first = textOf(await kitOf(scene.stack))
    const now = await answer(scene)
    if (!now.startsWith('yes: 0 days old')) throw new Error(`With a new kit the checklist says ${now}`)
  },
  async disaster(scene) {
    // Nobody is signed in, in a drill: no service has to be told.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await inSecrets(scene, `${source} && cp app-secret .former && openssl rand -hex 32 >app-secret`)
    const now = await answer(scene)
    if (!/^no: .*older than: app-secret/.test(now)) throw new Error(`The checklist says ${now}`)
  },
  params: ({ stack }) => kitParams(stack),
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    const kit = await kitOf(scene.stack)
    // The operator may be on another machine by now: the file is there, and the copy is here.
    const text = await inToolbox(
      scene,
      'name=$(far-rclone lsf far:assets-copy/kit | sort | tail -n 1); far-rclone cat "far:assets-copy/kit/$name"',
    )
    if (text.trim() === scene.notes.first?.trim()) throw new Error('The second store has the former kit.')
    const kept = await scene.exec('toolbox', 'keep-recovery-kit', '--show')
    if (kept.trim() !== text.trim()) throw new Error('The second store has another kit than the toolbox.')
    const contents = await contentsOf(scene.stack, text, kit)
    const { 'manifest.json': manifest, 'environment.env': environment, ...found } = contents
    const wanted = await secretsIn(scene)
    const names = [...Object.keys(wanted), ...Object.keys(found).map((path) => path.replace('secrets/', ''))]
    const different = names.filter((name) => wanted[name] !== found[`secrets/${name}`])
    if (different.length > 0 || !manifest) throw new Error(`Not in the kit as it is: ${different}`)
    const file = textOf({ root: scene.stack.root, file: `environments/${scene.stack.name}.env` })
    if (environment !== file) throw new Error('The environment’s file in the kit is another one.')
    const now = await answer(scene)
    if (!now.startsWith('yes: 0 days old')) throw new Error(`The checklist says ${now}`)
    await inSecrets(scene, `${source} && mv .former app-secret`)
    await stopFarStore(scene)
  },
  mutants: true,
})

/** Neither the kit nor its record may be others than before. */
async function remember(scene: Scene & Tools): Promise<void> {
  const { root, file } = await kitOf(scene.stack)
  if (!existsSync(join(root, file))) writeFileSync(join(root, file), 'the former kit\n')
  scene.notes.kit = textOf({ root, file })
  scene.notes.record = await record(scene)
}
async function unchanged(scene: Scene & Tools): Promise<void> {
  if (textOf(await kitOf(scene.stack)) !== scene.notes.kit) throw new Error('The former kit is gone.')
  if ((await record(scene)) !== scene.notes.record) throw new Error('A kit was recorded that is none.')
}

/** A kit that nobody can open is none. */
twin('backup-config', {
  twin: 'The key at hand does not open the kit',
  async break(scene) {
    await remember(scene)
    const { root, key } = await kitOf(scene.stack)
    writeFileSync(join(root, `${key}.other`), (await ageKey(scene.stack)).text)
  },
  async mend(scene) {
    const { root, key } = await kitOf(scene.stack)
    rmSync(join(root, `${key}.other`))
    await unchanged(scene)
  },
  params: ({ stack }) => ({ ...kitParams(stack), KIT_KEY: `${kitParams(stack).KIT_KEY}.other` }),
  message: /This key does not open this kit/,
  mutants: true,
})

twin('backup-config', {
  twin: 'A rotation of secrets has not ended',
  async break(scene) {
    await remember(scene)
    await inSecrets(scene, `${source} && echo 'cache begun' >.rotation`)
  },
  async mend(scene) {
    await unchanged(scene)
    await inSecrets(scene, `${source} && rm .rotation`)
  },
  params: ({ stack }) => kitParams(stack),
  message: /A rotation of «cache» has not ended/,
})

twin('backup-config', {
  twin: 'The key is that of the dumps, which lies on the server',
  async break(scene) {
    await remember(scene)
    scene.notes.recipient = (await scene.exec('toolbox', 'cat', '/run/secrets/toolbox/dump.recipient')).trim()
  },
  mend: unchanged,
  params: ({ stack, notes }) => ({ ...kitParams(stack), KIT_RECIPIENT: notes.recipient ?? '' }),
  message: /This is the recipient of the dumps/,
})
