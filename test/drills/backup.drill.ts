import { drill, twin } from './stack.ts'

/** Nothing is broken: taking a backup must disturb nobody, and the backup must hold what was there. */
drill('backup', {
  scenario: 'A backup is taken while users write',
  async prepare(context) {
    context.notes.backups = await backups(context)
  },
  async disaster() {},
  params: () => ({ TYPE: 'full' }),
  limits: { rto: 0, rpo: 0 },
  async verify(context) {
    const labels = (await backups(context)).split(' ')
    const before = (context.notes.backups ?? '').split(' ')
    const fresh = labels.filter((label) => !before.includes(label))
    // More than one if the run died while it took the first, and took it again.
    if (fresh.length === 0) throw new Error('Expected a new backup, found none.')
    for (const label of fresh) await context.exec('toolbox', 'pgbackrest', 'verify', `--set=${label}`)
  },
  mutants: true,
})

twin('backup', {
  twin: 'The store does not answer',
  break: ({ stack }) => stack.compose(['stop', 'store']),
  mend: ({ stack }) => stack.compose(['up', '-d', '--wait', '--no-deps', '--no-recreate', 'store']),
  message: /store|archiv|connect|unable/i,
})

async function backups({
  exec,
}: {
  exec(service: string, ...command: string[]): Promise<string>
}): Promise<string> {
  const info = JSON.parse(await exec('toolbox', 'pgbackrest', 'info', '--output=json'))
  return info[0].backup.map(({ label }: { label: string }) => label).join(' ')
}
