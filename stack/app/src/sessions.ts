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

  const sign = (c: Context, id: string) =>
    setSignedCookie(c, cookie, id, settings.APP_SECRET, { ...options, maxAge: lifetime })

  async function idOf(c: Context): Promise<{ id: string; secret: string } | undefined> {
    for (const secret of secrets) {
      const id = await getSignedCookie(c, secret, cookie)
      if (id) return { id, secret }
    }
    return undefined
  }

  return {
    async start(c, user) {
      const id = randomBytes(24).toString('base64url')
      await cache.set(`session:${id}`, JSON.stringify(user), lifetime)
      await sign(c, id)
    },
    async current(c) {
      const found = await idOf(c)
      const stored = found && (await cache.get(`session:${found.id}`))
      if (!stored) return undefined
      // So that who comes back while the secret is being rotated is not signed out at its end.
      if (found.secret !== settings.APP_SECRET) await sign(c, found.id)
      return JSON.parse(stored) as User
    },
    async end(c) {
      const found = await idOf(c)
      if (found) await cache.remove(`session:${found.id}`)
      deleteCookie(c, cookie, options)
    },
  }
}
