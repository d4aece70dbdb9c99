import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie'
import type { Cache } from './cache.ts'
import type { Config } from './config.ts'

export type User = { id: string; email: string; name: string }

export type Sessions = {
  start(c: Context, user: User): Promise<void>
  current(c: Context): Promise<User | undefined>
  end(c: Context): Promise<void>
}

const cookie = 'session'
const lifetime = 7 * 24 * 60 * 60

type Settings = Pick<Config, 'APP_URL' | 'APP_SECRET' | 'APP_SECRET_PREVIOUS'>

/** Sessions live in Redis; the cookie holds a random id and its signature. */
export function createSessions(cache: Cache, settings: Settings): Sessions {
  const secrets = [settings.APP_SECRET, settings.APP_SECRET_PREVIOUS].filter((s) => s !== undefined)
  const options = {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: settings.APP_URL.startsWith('https:'),
  } as const

  async function idOf(c: Context): Promise<string | undefined> {
    for (const secret of secrets) {
      const id = await getSignedCookie(c, secret, cookie)
      if (id) return id
    }
    return undefined
  }

  return {
    async start(c, user) {
      const id = randomBytes(24).toString('base64url')
      await cache.set(`session:${id}`, JSON.stringify(user), lifetime)
      await setSignedCookie(c, cookie, id, settings.APP_SECRET, { ...options, maxAge: lifetime })
    },
    async current(c) {
      const id = await idOf(c)
      const stored = id && (await cache.get(`session:${id}`))
      return stored ? (JSON.parse(stored) as User) : undefined
    },
    async end(c) {
      const id = await idOf(c)
      if (id) await cache.remove(`session:${id}`)
      deleteCookie(c, cookie, options)
    },
  }
}
