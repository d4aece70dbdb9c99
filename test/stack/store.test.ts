import { randomBytes } from 'node:crypto'
import { Agent, get as httpsGet } from 'node:https'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker, must, store } from './containers.ts'

type Store = Awaited<ReturnType<typeof store>>
type User = 'operator' | 'app' | 'backup' | 'backup-readonly'

/** Clients for the store's users, with TLS verified against its own authority. */
async function clients(made: Store) {
  const read = async (file: string) =>
    (await made.compose('exec', '-T', 'store', 'cat', `/run/secrets/store/${file}`)).out
  const ca = await read('ca.crt')
  const port = (await made.compose('port', 'store', '8443')).out.split(':').pop()
  const client = (
    accessKeyId: string,
    secretAccessKey: string,
    agent = new Agent({ ca, servername: 'store' }),
  ) =>
    new S3Client({
      endpoint: `https://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: { httpsAgent: agent, requestTimeout: 20_000 },
    })
  const keys = async (user: User) =>
    [await read(`${user}-access-key`), await read(`${user}-secret-key`)] as const
  const as = async (user: User) => client(...(await keys(user)))
  return {
    client,
    keys,
    operator: await as('operator'),
    app: await as('app'),
    backup: await as('backup'),
    reader: await as('backup-readonly'),
  }
}
type Clients = Awaited<ReturnType<typeof clients>>

const put = (client: S3Client, Bucket: string, Key: string, Body: string | Buffer) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body }))
const get = async (client: S3Client, Bucket: string, Key: string, Range?: string) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}
const versions = (client: S3Client, Bucket: string, Prefix: string) =>
  client.send(new ListObjectVersionsCommand({ Bucket, Prefix }))

/** The name of the error that a request ends with. */
async function refusal(request: Promise<unknown>) {
  try {
    await request
    return 'done'
  } catch (error) {
    return (error as Error).name
  }
}

describe('memstore', () => {
  let made: Store
  let s3: Clients
  let written = 0
  beforeAll(async () => {
    // A day of the lifecycle rules is a second.
    made = await store({ STORE_BACKEND: 'memstore', STORE_DAY_SECONDS: '1' })
    s3 = await clients(made)
    await put(s3.app, 'assets', 'aged', 'old')
    await put(s3.app, 'assets', 'aged', 'new')
    written = Date.now()
  })
  afterAll(() => made?.[Symbol.asyncDispose]())

  test('both buckets are versioned and keep what was deleted for 30 days', async () => {
    for (const Bucket of ['assets', 'backups']) {
      expect((await s3.operator.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled')
      const { Rules } = await s3.operator.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
      expect(Rules?.[0]?.NoncurrentVersionExpiration?.NoncurrentDays).toBe(30)
      expect(Rules?.[0]?.Status).toBe('Enabled')
    }
  })

  test('an overwritten and a deleted object can be brought back', async () => {
    await put(s3.app, 'assets', 'cover', 'first')
    await put(s3.app, 'assets', 'cover', 'second')
    await s3.app.send(new DeleteObjectCommand({ Bucket: 'assets', Key: 'cover' }))
    expect(await refusal(get(s3.app, 'assets', 'cover'))).toBe('NoSuchKey')

    const { Versions = [], DeleteMarkers = [] } = await versions(s3.operator, 'assets', 'cover')
    expect(Versions).toHaveLength(2)
    expect(DeleteMarkers).toHaveLength(1)
    await s3.operator.send(
      new DeleteObjectCommand({ Bucket: 'assets', Key: 'cover', VersionId: DeleteMarkers[0]?.VersionId }),
    )
    expect((await get(s3.app, 'assets', 'cover')).toString()).toBe('second')
    const { Body } = await s3.operator.send(
      new GetObjectCommand({ Bucket: 'assets', Key: 'cover', VersionId: Versions[1]?.VersionId }),
    )
    expect(await Body?.transformToString()).toBe('first')
  })

  test('the reader of backups reads old versions of what the backup user wrote', async () => {
    const { VersionId } = await put(s3.backup, 'backups', 'history', 'first')
    await put(s3.backup, 'backups', 'history', 'second')
    for (const client of [s3.reader, s3.operator]) {
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket: 'backups', Key: 'history', VersionId }),
      )
      expect(await Body?.transformToString()).toBe('first')
    }
  })

  test('the backup user writes and marks as deleted, and can undo nobody’s backup', async () => {
    const Bucket = 'backups'
    await put(s3.backup, Bucket, 'b/1', 'backup')
    await put(s3.backup, Bucket, 'b/2', 'backup')
    expect((await get(s3.backup, Bucket, 'b/1')).toString()).toBe('backup')
    await s3.backup.send(new DeleteObjectCommand({ Bucket, Key: 'b/1' }))
    // As pgBackRest expires: several in one request.
    await s3.backup.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'b/2' }] } }))
    const { Versions = [], DeleteMarkers = [] } = await versions(s3.operator, Bucket, 'b/')
    expect(DeleteMarkers).toHaveLength(2)
    expect(Versions).toHaveLength(2)

    const VersionId = Versions[0]?.VersionId
    const denied = {
      version: () => s3.backup.send(new DeleteObjectCommand({ Bucket, Key: 'b/1', VersionId })),
      versioning: () =>
        s3.backup.send(
          new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
        ),
      lifecycle: () =>
        s3.backup.send(
          new PutBucketLifecycleConfigurationCommand({
            Bucket,
            LifecycleConfiguration: {
              Rules: [
                {
                  ID: 'x',
                  Filter: { Prefix: '' },
                  Status: 'Enabled',
                  NoncurrentVersionExpiration: { NoncurrentDays: 1 },
                },
              ],
            },
          }),
        ),
      policy: () => s3.backup.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })),
      assets: () => get(s3.backup, 'assets', 'aged'),
      write: () => put(s3.backup, 'assets', 'x', 'x'),
    }
    for (const [what, request] of Object.entries(denied)) {
      expect([what, await refusal(request())]).toEqual([what, 'AccessDenied'])
    }
    expect(await refusal(s3.backup.send(new CreateBucketCommand({ Bucket: 'own' })))).not.toBe('done')
    // Several in one request answer one by one.
    const { Errors } = await s3.backup.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'b/2', VersionId: Versions[1]?.VersionId }] },
      }),
    )
    expect(Errors?.[0]?.Code).toBe('AccessDenied')
    expect((await versions(s3.operator, Bucket, 'b/')).Versions).toHaveLength(2)
  })

  test('a version of a backup is locked for the operator as well', async () => {
    const Bucket = 'backups'
    const { VersionId } = await put(s3.backup, Bucket, 'locked', 'backup')
    expect(
      await refusal(s3.operator.send(new DeleteObjectCommand({ Bucket, Key: 'locked', VersionId }))),
    ).toBe('AccessDenied')
  })

  test('the reader of backups writes nothing', async () => {
    await put(s3.backup, 'backups', 'r', 'backup')
    expect((await get(s3.reader, 'backups', 'r')).toString()).toBe('backup')
    expect(await refusal(put(s3.reader, 'backups', 'r', 'x'))).toBe('AccessDenied')
    expect(await refusal(s3.reader.send(new DeleteObjectCommand({ Bucket: 'backups', Key: 'r' })))).toBe(
      'AccessDenied',
    )
  })

  test('the application reaches its own bucket only, and removes no version', async () => {
    const { VersionId } = await put(s3.app, 'assets', 'own', 'x')
    expect(await refusal(get(s3.app, 'backups', 'r'))).toBe('AccessDenied')
    expect(await refusal(put(s3.app, 'backups', 'x', 'x'))).toBe('AccessDenied')
    expect(
      await refusal(s3.app.send(new DeleteObjectCommand({ Bucket: 'assets', Key: 'own', VersionId }))),
    ).toBe('AccessDenied')
  })

  test('a wrong secret, an unknown key and no key are refused', async () => {
    const [key, secret] = await s3.keys('app')
    const read = (client: S3Client) => refusal(get(client, 'assets', 'aged'))
    expect(await read(s3.client(key, `${secret}x`))).toBe('SignatureDoesNotMatch')
    expect(await read(s3.client('AKIAUNKNOWN', secret))).toBe('InvalidAccessKeyId')
    const port = (await made.compose('port', 'store', '8443')).out
    const status = await new Promise((resolve, reject) =>
      httpsGet(`https://${port}/assets/aged`, { rejectUnauthorized: false }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).on('error', reject),
    )
    expect(status).toBe(403)
  })

  test('a client that trusts another authority does not connect', async () => {
    const [key, secret] = await s3.keys('app')
    const stranger = s3.client(key, secret, new Agent({ servername: 'store' }))
    await expect(get(stranger, 'assets', 'aged')).rejects.toThrow(/self-signed|unable to (get|verify)/)
  })

  test('ranges of a large object are the right bytes', async () => {
    const body = randomBytes(9_000_000)
    await put(s3.app, 'assets', 'large', body)
    expect((await get(s3.app, 'assets', 'large')).equals(body)).toBe(true)
    for (const [from, to] of [
      [0, 0],
      [4_194_300, 4_194_310],
      [8_999_990, 8_999_999],
      [1_000_001, 7_000_003],
    ] as const) {
      const part = await get(s3.app, 'assets', 'large', `bytes=${from}-${to}`)
      expect(part.equals(body.subarray(from, to + 1))).toBe(true)
    }
  })

  test('it runs as its own user, on a read-only root, and says nothing of its keys', async () => {
    const container = (await made.compose('ps', '--quiet', 'store')).out
    expect((await docker('exec', container, 'id', '-un')).out).toBe('ceph')
    expect((await docker('exec', container, 'touch', '/usr/local/x')).code).not.toBe(0)
    const [key, secret] = await s3.keys('operator')
    const logs = (await made.compose('logs', 'store')).out
    expect(logs).toContain('Ready after')
    expect(logs).not.toContain(secret)
    expect(await must('inspect', container)).not.toContain(key)
  })

  test('an overwritten version goes after its 30 days, and not before', async () => {
    const list = async () => (await versions(s3.operator, 'assets', 'aged')).Versions ?? []
    if (Date.now() - written < 20_000) expect(await list()).toHaveLength(2)
    await expect.poll(async () => (await list()).length, { timeout: 90_000, interval: 1000 }).toBe(1)
    expect(Date.now() - written).toBeGreaterThan(25_000)
    expect((await get(s3.app, 'assets', 'aged')).toString()).toBe('new')
  })

  test('a clean restart keeps the objects; a crash empties the store and it serves again', {
    timeout: 300_000,
  }, async () => {
    await put(s3.app, 'assets', 'kept', 'kept')
    await made.compose('stop', 'store')
    await made.up()
    expect((await get((await clients(made)).app, 'assets', 'kept')).toString()).toBe('kept')
    await made.compose('kill', 'store')
    await made.up()
    const { app } = await clients(made)
    expect(await refusal(get(app, 'assets', 'kept'))).toBe('NoSuchKey')
    await put(app, 'assets', 'kept', 'again')
  })
})

describe('bluestore', () => {
  let made: Store
  beforeAll(async () => {
    made = await store({ STORE_BACKEND: 'bluestore', STORE_SIZE: '4G' })
  })
  afterAll(() => made?.[Symbol.asyncDispose]())

  test('what was acknowledged is there after a kill', { timeout: 300_000 }, async () => {
    const { app, backup, operator } = await clients(made)
    const bodies = Array.from({ length: 20 }, () => randomBytes(200_000))
    await Promise.all(bodies.map((body, n) => put(app, 'assets', `k/${n}`, body)))
    await put(backup, 'backups', 'k', 'first')
    await put(backup, 'backups', 'k', 'second')
    await made.compose('kill', 'store')
    const seconds = await made.up()
    expect(seconds).toBeLessThan(60)

    const after = await clients(made)
    for (const [n, body] of bodies.entries()) {
      expect((await get(after.app, 'assets', `k/${n}`)).equals(body)).toBe(true)
    }
    expect((await versions(after.operator, 'backups', 'k')).Versions).toHaveLength(2)
    await put(after.app, 'assets', 'after', 'x')
    operator.destroy()
  })

  test('an empty memstore is not served in place of a full bluestore', { timeout: 300_000 }, async () => {
    await made.compose('stop', 'store')
    const { out, err } = await made.compose(
      ...['run', '--rm', '--no-deps', '-T', '--env', 'STORE_BACKEND=memstore', 'store'],
    )
    expect(out + err).toContain('The volume holds a bluestore store, and STORE_BACKEND says memstore.')
    await made.up()
  })

  test('a rotated key works after a restart and the old one does not', { timeout: 300_000 }, async () => {
    const before = await clients(made)
    const [oldKey, oldSecret] = await before.keys('backup')
    await made.compose(
      'run',
      '--rm',
      '--no-deps',
      '-T',
      'secrets',
      'sh',
      '-c',
      'rm /run/secrets/.source/s3-backup-*-key',
    )
    await made.compose('run', '--rm', '--no-deps', '-T', 'secrets')
    await made.compose('restart', 'store')
    await made.up()
    const after = await clients(made)
    await put(after.backup, 'backups', 'rotated', 'x')
    expect(await refusal(put(after.client(oldKey, oldSecret), 'backups', 'rotated', 'x'))).toBe(
      'InvalidAccessKeyId',
    )
  })
})
