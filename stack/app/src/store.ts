import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { Config } from './config.ts'
import { Unavailable } from './unavailable.ts'

export type StoredObject = { key: string; size: number; modified: Date }

export type Store = {
  /** Size of the object, or undefined when there is none. */
  size(key: string): Promise<number | undefined>
  put(key: string, bytes: Uint8Array, type: string): Promise<void>
  /** Undefined when there is no such object. */
  get(key: string): Promise<ReadableStream | undefined>
  /** In the order of the keys' bytes, page by page. */
  list(prefix: string): AsyncGenerator<StoredObject>
  ping(): Promise<void>
  close(): void
}

type Settings = Pick<
  Config,
  'S3_ENDPOINT' | 'S3_REGION' | 'S3_BUCKET_ASSETS' | 'S3_ACCESS_KEY' | 'S3_SECRET_KEY' | 'S3_CA_FILE'
>

export function createStore(settings: Settings): Store {
  const client = new S3Client({
    endpoint: settings.S3_ENDPOINT,
    region: settings.S3_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: settings.S3_ACCESS_KEY, secretAccessKey: settings.S3_SECRET_KEY },
    maxAttempts: 3,
    // The default, streamed checksums in trailers, is not understood by every S3 service.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 1500,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
      httpsAgent: {
        keepAlive: true,
        maxSockets: 50,
        ...(settings.S3_CA_FILE ? { ca: readFileSync(settings.S3_CA_FILE) } : {}),
      },
    },
  })
  const Bucket = settings.S3_BUCKET_ASSETS

  return {
    async size(Key) {
      const head = await ask(() => client.send(new HeadObjectCommand({ Bucket, Key })))
      return head?.ContentLength
    },
    async put(Key, Body, ContentType) {
      // The store compares the digest and refuses bytes that were damaged on the way.
      const ContentMD5 = createHash('md5').update(Body).digest('base64')
      const stored = await ask(() =>
        client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, ContentMD5 })),
      )
      if (!stored) throw new Unavailable('store', `bucket ${Bucket} does not exist`)
    },
    async get(Key) {
      const object = await ask(() => client.send(new GetObjectCommand({ Bucket, Key })))
      return object?.Body?.transformToWebStream()
    },
    async *list(Prefix) {
      let ContinuationToken: string | undefined
      do {
        const page = await ask(() =>
          client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken })),
        )
        if (!page) throw new Unavailable('store', `bucket ${Bucket} does not exist`)
        for (const { Key, Size, LastModified } of page.Contents ?? [])
          yield { key: Key ?? '', size: Size ?? 0, modified: LastModified ?? new Date(0) }
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken)
    },
    async ping() {
      await client.send(new HeadBucketCommand({ Bucket }), { abortSignal: AbortSignal.timeout(1500) })
    },
    close: () => client.destroy(),
  }
}

/** Not found is an answer: undefined. No answer, or one that blames the store, is Unavailable. */
async function ask<T>(command: () => Promise<T>): Promise<T | undefined> {
  try {
    return await command()
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
    if (status === 404) return undefined
    // 403 too: a key that the store no longer takes is an outage to the reader, and the log tells the operator why.
    if (status === undefined || status === 403 || status >= 500) throw new Unavailable('store', error)
    throw error
  }
}
