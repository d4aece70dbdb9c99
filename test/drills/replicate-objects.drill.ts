import { randomUUID } from 'node:crypto'
import { copyAsScheduled, flipCopy, inToolbox, newestCopy, startFarStore, stopFarStore } from './far-store.ts'
import { drill, mayLack, type Tools, twin } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

const put = (tools: Tools, key: string, text: string) =>
  inToolbox(tools, 'printf %s "$2" | rclone rcat "store:assets/$1"', key, text)

const extra = ['kept', 'changed', 'deleted', 'new ü & <b>'].map((name) => `extra/${name}`)

/** Leaves neither the files that a drill has added, nor the second store. */
async function clear(scene: Scene & Tools): Promise<void> {
  await scene.exec(
    'toolbox',
    'rclone',
    'delete',
    'store:assets',
    ...extra.flatMap((key) => ['--include', `/${key}`]),
  )
  await stopFarStore(scene)
}

/** True if the line ends with the text, but for one character at most. */
function alike(line: string, text: string): boolean {
  const end = line.slice(-text.length)
  return [...text].filter((character, at) => character !== end[at]).length <= 1
}

/** What lies under a folder of the copies, with its text. */
const texts = (tools: Tools, folder: string) =>
  inToolbox(
    tools,
    'far-rclone copy "far:assets-copy/$1" copies; find copies -path "*/extra/*" -type f | LC_ALL=C sort | while read -r file; do echo "${file#copies/}=$(cat "$file")"; done',
    folder,
  )

drill('replicate-objects', {
  scenario: 'Files were added, overwritten and deleted since the last copy',
  async prepare(scene) {
    await startFarStore(scene)
    scene.notes.play = randomUUID()
    for (const name of ['kept', 'changed', 'deleted'])
      await put(scene, `extra/${name}`, `${name} of ${scene.notes.play}`)
    await copyAsScheduled(scene)
    // Copies of what was deleted long ago, and nearly as long ago.
    const age = (days: number) =>
      new Date(Date.now() - days * 86_400_000).toISOString().replace(/[-:]|\.\d+/g, '')
    scene.notes.old = age(91)
    scene.notes.young = age(89)
    await inToolbox(
      scene,
      'for stamp in "$@"; do printf old | far-rclone rcat "far:assets-copy/former/$stamp/extra/gone"; done',
      ...[scene.notes.old, scene.notes.young],
    )
    scene.notes.copied = (await newestCopy(scene)).at
  },
  async disaster(scene) {
    await put(scene, 'extra/changed', 'changed after')
    await put(scene, 'extra/new ü & <b>', 'new')
    await scene.exec('toolbox', 'rclone', 'deletefile', 'store:assets/extra/deleted')
    // A copy that is damaged where the second store notices it is made anew.
    await flipCopy(scene, 'extra/kept')
  },
  newObjects: extra,
  limits: { rto: 0, rpo: 0 },
  async verify(scene) {
    // Both stores are read, beside what the runbook says of them; so is what a browser must be told of a file.
    await inToolbox(scene, 'far-rclone check --download assets:assets far:assets-copy/current')
    const types = await inToolbox(
      scene,
      "far-rclone lsjson -R --files-only --no-modtime far:assets-copy/current/covers | jq -r '.[].MimeType' | sort -u",
    )
    if (!types.includes('image/') || types.includes('octet-stream'))
      throw new Error(`The copies are of the types ${types}`)
    const { at, objects } = await newestCopy(scene)
    const listed = await scene.exec('toolbox', 'rclone', 'lsf', '-R', '--files-only', 'store:assets')
    if (at <= (scene.notes.copied ?? '') || objects !== listed.split('\n').length)
      throw new Error(`Recorded: ${objects} files at ${at}; the copy before is of ${scene.notes.copied}.`)
    const stamps = (await inToolbox(scene, 'far-rclone lsf --dirs-only far:assets-copy/former'))
      .split('\n')
      .map((name) => name.replace('/', ''))
    if (stamps.includes(scene.notes.old ?? '') || !stamps.includes(scene.notes.young ?? ''))
      throw new Error(`Of what was deleted there is: ${stamps}`)
    const former = await texts(scene, 'former')
    for (const name of ['changed', 'deleted', 'kept']) {
      // Of the damaged copy one bit is another.
      const text = `${name} of ${scene.notes.play}`
      const found = former.split('\n').filter((line) => line.includes(`/extra/${name}=`) && alike(line, text))
      if (found.length !== 1)
        throw new Error(`Of ${name} as it was, ${found.length} copies are kept: ${former}`)
    }
    await clear(scene)
  },
  mutants: true,
})

twin('replicate-objects', {
  twin: 'The second store cannot be reached',
  break: (scene) => stopFarStore(scene),
  async mend() {},
  message: /The second store does not answer/,
})

/** What is copied must not be lost with what it is the copy of. */
twin('replicate-objects', {
  twin: 'The bucket has been emptied',
  async break(scene) {
    await startFarStore(scene)
    await copyAsScheduled(scene)
    scene.notes.copied = JSON.stringify(await newestCopy(scene))
    await scene.exec('toolbox', 'rclone', 'delete', 'store:assets/covers')
  },
  async mend(scene) {
    await scene.exec('toolbox', 'lost-objects', scene.before, '', 'deleted')
    await scene.exec('toolbox', 'recover-objects')
    await inToolbox(scene, 'far-rclone check --download assets:assets far:assets-copy/current')
    const copied = JSON.stringify(await newestCopy(scene))
    if (copied !== scene.notes.copied) throw new Error(`Recorded: ${copied}, before: ${scene.notes.copied}`)
    await stopFarStore(scene)
  },
  message: /of the \d+ files that were copied are not in the bucket any more/,
})

mayLack('replicate-objects', {
  command: 'replicate-objects --check',
  why: 'It only reads. What it finds, the drill of “Restore the files from the second store” finds with the same comparison.',
})
mayLack('replicate-objects', {
  command: 'replicate-objects --all',
  why: 'Without ALL it is not reached; with it, the same program copies.',
})
