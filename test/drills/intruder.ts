/** Somebody who has broken in: he has the application’s secrets and a session, and is where they are of use. */
import { composeBeside } from './beside.ts'
import { type drill, inSecrets, type Tools } from './stack.ts'

type Scene = Parameters<NonNullable<Parameters<typeof drill>[1]['prepare']>>[0]

/** His machine: in the network of the data, and nothing of the stack is mounted in it. */
const beside = (scene: Scene, ...args: string[]) =>
  composeBeside(
    scene,
    {
      intruder: {
        image: `drillbook/toolbox:\${IMAGE_TAG:-dev}`,
        entrypoint: ['sleep', 'infinity'],
        networks: ['data'],
        init: true,
        stop_grace_period: '1s',
      },
    },
    ...args,
  )

const bash = (scene: Scene, script: string, ...values: string[]) =>
  beside(scene, 'exec', '-T', 'intruder', 'bash', '-c', script, '-', ...values)

const stolen = ['database-direct-url', 'database-url', 'redis-url', 's3-access-key', 's3-secret-key']

/** What the application reads, as it is now. */
export async function steal(scene: Scene): Promise<string[]> {
  const list = stolen.map((name) => `cat /run/secrets/app/${name}; echo`).join('; ')
  return (await inSecrets(scene, list)).split('\n').filter(Boolean)
}

/** What he is let in to, with these secrets. Throws for an answer that is neither that nor a refusal. */
export async function letIn(scene: Scene, secrets: string[]): Promise<string[]> {
  const s3 = '-sk -w %{http_code} --aws-sigv4 aws:amz:us-east-1:s3 --user "$4:$5"'
  const tries: Record<string, string> = {
    'the database': 'psql -XAtqc "select 17" "$1"',
    'the pooler': 'psql -XAtqc "select 17" "$2"',
    'the cache': 'redis-cli --no-auth-warning -u "$3" ping',
    'the store': `curl ${s3} -o /dev/null "https://store:8443/assets?max-keys=1"`,
  }
  const found: string[] = []
  for (const [name, script] of Object.entries(tries)) {
    const answer = await bash(scene, `{ ${script}; } 2>&1 || true`, ...secrets)
    if (/^(17|PONG|200)$/m.test(answer)) found.push(name)
    else if (!/authentication failed|WRONGPASS|^403$/m.test(answer)) throw new Error(`${name}: ${answer}`)
  }
  return found
}

/** Who has the application’s key tries to delete it from the bucket of the backups. */
export const deletes = (scene: Scene, secrets: string[], key: string) =>
  bash(
    scene,
    'curl -sk -o /dev/null -w "%{http_code}" -X DELETE --aws-sigv4 aws:amz:us-east-1:s3 --user "$4:$5" "https://store:8443/backups/$6"',
    ...secrets,
    key,
  )

/** He connects and stays, and leaves something in the application’s containers. */
export async function breakIn(scene: Scene & Tools, cookie: string): Promise<string[]> {
  const { stack, http } = scene
  await removeIntruder(scene)
  await beside(scene, 'up', '--detach', '--wait', '--no-deps', 'intruder')
  const secrets = await steal(scene)
  await bash(
    scene,
    `export PGAPPNAME=intruder
     setsid psql -XAtqc "select 'who reads this', pg_sleep(900)" "$1" >/dev/null 2>&1 </dev/null &
     { echo client setname intruder; sleep 900; } 2>/dev/null </dev/null | setsid redis-cli --no-auth-warning -u "$3" >/dev/null 2>&1 &
     sleep 1`,
    ...secrets,
  )
  await stack.compose([
    'exec',
    '-T',
    'app',
    'sh',
    '-c',
    'echo "who finds this" >/tmp/.intruder; setsid sleep 4242 >/dev/null 2>&1 </dev/null &',
  ])
  const { status } = await http('/api/sessions/current?by=intruder', { cookie, milliseconds: 20_000 })
  if (status !== 200) throw new Error(`The intruder’s session is answered with ${status}.`)
  return secrets
}

export async function removeIntruder(scene: Scene): Promise<void> {
  await beside(scene, 'kill', 'intruder').catch(() => {})
  await beside(scene, 'rm', '--stop', '--force', 'intruder')
}
