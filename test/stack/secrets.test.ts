import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asSecrets, docker, generateSecrets, image, must, secrets } from './containers.ts'

let volume: Awaited<ReturnType<typeof secrets>>
beforeAll(async () => {
  volume = await secrets()
})
afterAll(() => volume?.[Symbol.asyncDispose]())

/** Runs a script as root over the volume, in the toolbox image. */
const inside = (script: string, name = volume.name) =>
  must('run', '--rm', ...asSecrets(name), '--workdir=/run/secrets', image('toolbox'), 'bash', '-c', script)

/** Every file with owner, mode, time and content. */
const everything = (name = volume.name) =>
  inside(
    `find . -type f -exec stat -c '%n %u %a %Y' {} + | sort; find . -type f -exec sha256sum {} + | sort`,
    name,
  )

test('a second start changes nothing', async () => {
  const before = await everything()
  expect(await generateSecrets(volume.name)).toBe('Secrets are complete; nothing changed.')
  expect(await everything()).toBe(before)
})

test('each directory and file belongs to its reader alone', async () => {
  const listed = await inside(`find . -mindepth 1 -not -path './.source*' -printf '%p %y %U %m\\n' | sort`)
  const uid: Record<string, string> = {
    db: '10001',
    pooler: '10002',
    cache: '10003',
    store: '10004',
    far: '10004',
    toolbox: '10006',
    scheduler: '10006',
    app: '10007',
    monitoring: '10008',
  }
  for (const line of listed.split('\n')) {
    const [path = '', type, owner, mode] = line.split(' ')
    expect([path, owner, mode]).toEqual([path, uid[path.split('/')[1] ?? ''], type === 'd' ? '500' : '400'])
  }
  const source = await inside(`stat -c '%u %a' .source`)
  expect(source).toBe('0 700')
})

test('a service can read its own secrets and no other’s', async () => {
  const as = (uid: number, file: string) =>
    docker(
      ...['run', '--rm', '--network=none', '--cap-drop=ALL', `--user=${uid}:${uid}`],
      ...[`--volume=${volume.name}:/run/secrets:ro`, image('toolbox'), 'cat', `/run/secrets/${file}`],
    )
  expect((await as(10007, 'app/app-secret')).out).toMatch(/^[0-9a-f]{64}$/)
  for (const file of ['db/operator-password', 'store/operator-secret-key', '.source/pgbackrest-cipher']) {
    expect((await as(10007, file)).err).toContain('Permission denied')
  }
})

test('SECRETS.md lists exactly the files that are there', async () => {
  const page = await readFile('stack/images/toolbox/SECRETS.md', 'utf8')
  const rows = page.split('\n').filter((line) => /^\| `\w+\//.test(line))
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => expand(name)),
  )
  const found = (await inside(`find . -type f -not -path './.source/*' -printf '%P\\n'`)).split('\n')
  expect(listed.sort()).toEqual(found.sort())
})

/** `a-{b,c}-d` → `a-b-d`, `a-c-d`, as a shell would. */
function expand(name: string): string[] {
  const braces = /\{([^}]*)\}/.exec(name)
  if (!braces) return [name]
  return (braces[1] ?? '').split(',').flatMap((part) => expand(name.replace(braces[0], part)))
}

test('the store’s certificate is for `store`, signed by the authority, and matches its key', async () => {
  const checked = await inside(`
    openssl verify -CAfile store/ca.crt -purpose sslserver -verify_hostname store store/server.crt
    [ "$(openssl x509 -in store/server.crt -noout -pubkey)" = "$(openssl pkey -in store/server.key -pubout)" ] && echo same key`)
  expect(checked).toBe('store/server.crt: OK\nsame key')
})

test('the same password reaches everyone who needs it', async () => {
  const checked = await inside(`
    password=$(cat db/app-password)
    [ "$(cat app/database-url)" = "postgres://app:$password@pooler:6432/app" ] && echo url
    [ "$(cat app/database-direct-url)" = "postgres://app:$password@db:5432/app" ] && echo direct
    [ "$(cat pooler/userlist.txt)" = "\\"app\\" \\"$password\\"" ] && echo pooler
    [ "$(cat toolbox/pgpass)" = "db:5432:*:operator:$(cat db/operator-password)" ] && echo toolbox
    printf %s "$(cat cache/operator-password)" | sha256sum | cut -c1-64 >/tmp/hash
    grep -q "user operator on #$(cat /tmp/hash)" cache/users.acl && echo cache
    grep -qx "repo1-s3-key=$(cat store/backup-access-key)" db/pgbackrest.d/repo1.conf && echo backup`)
  expect(checked.split('\n')).toEqual(['url', 'direct', 'pooler', 'toolbox', 'cache', 'backup'])
})

test('no two secrets are the same', async () => {
  const hashes = await inside(`cd .source; sha256sum * | cut -c1-64 | sort | uniq -d`)
  expect(hashes).toBe('')
})

test('a first start that is killed at any moment is finished by the next', { timeout: 300_000 }, async () => {
  await using torn = await secrets()
  await inside('rm -rf .source *', torn.name)
  for (const seconds of [0.02, 0.05, 0.1, 0.2, 0.3]) {
    await docker(
      ...['run', '--rm', ...asSecrets(torn.name), image('toolbox')],
      ...['timeout', '-s', 'KILL', String(seconds), 'generate-secrets'],
    )
    // What was made stays: a service may have been started with it by hand.
    const made = await inside(`cd .source; sha256sum [a-z]* 2>/dev/null | sort`, torn.name)
    await docker(
      ...['run', '--rm', ...asSecrets(torn.name), image('toolbox')],
      ...['timeout', '-s', 'KILL', '0.05', 'generate-secrets'],
    )
    const later = await inside(`cd .source; sha256sum [a-z]* 2>/dev/null | sort`, torn.name)
    for (const line of made.split('\n').filter(Boolean)) expect(later).toContain(line)
  }
  await generateSecrets(torn.name)
  expect(await generateSecrets(torn.name)).toBe('Secrets are complete; nothing changed.')
  const names = `find . -type f -printf '%P\\n' | sort`
  expect(await inside(names, torn.name)).toBe(await inside(names))
  // But for the second secret, which there is only while the first is being rotated.
  expect(await inside('find . -type f -empty', torn.name)).toBe('./app/app-secret-previous')
  expect(await inside('openssl verify -CAfile store/ca.crt store/server.crt', torn.name)).toContain('OK')
})

test('a removed secret is made anew, in every place, and the others stay', async () => {
  await using rotated = await secrets()
  const before = await inside('cat db/operator-password db/app-password', rotated.name)
  await inside('rm .source/database-app', rotated.name)
  await generateSecrets(rotated.name)
  const after = await inside('cat db/operator-password db/app-password', rotated.name)
  expect(after.split('\n')[0]).toBe(before.split('\n')[0])
  expect(after.split('\n')[1]).not.toBe(before.split('\n')[1])
  expect(await inside('cat app/database-url', rotated.name)).toContain(after.split('\n')[1])
})

test('a certificate in its last days is renewed with the same key', async () => {
  await using old = await secrets()
  const before = await inside('sha256sum <store/server.key; sha256sum <store/server.crt', old.name)
  await inside(
    `cd .source; openssl req -new -key store.key -subj /CN=store |
     openssl x509 -req -days 30 -CA ca.crt -CAkey ca.key -out store.crt 2>/dev/null`,
    old.name,
  )
  await generateSecrets(old.name)
  const after = await inside('sha256sum <store/server.key; sha256sum <store/server.crt', old.name)
  expect(after.split('\n')[0]).toBe(before.split('\n')[0])
  expect(after.split('\n')[1]).not.toBe(before.split('\n')[1])
  await inside(`openssl x509 -in store/server.crt -noout -checkend $((300 * 86400))`, old.name)
})
