import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

// 16 MiB for each sign-in that runs: as strong as OWASP's first choice, and four at once fit a small container.
const cost = { N: 2 ** 14, r: 8, p: 5 }
const length = 32

/** `scrypt$N$r$p$salt$hash`: the cost can be raised without making old hashes useless. */
export async function hashPassword(password: string, salt = randomBytes(16)): Promise<string> {
  const hash = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')].join('$')
}

// Of no password. Checked when there is no such user, so that the time taken does not tell.
const nobody = `scrypt$${cost.N}$${cost.r}$${cost.p}$AAAAAAAAAAAAAAAAAAAAAA==$${'A'.repeat(43)}=`

export async function checkPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [scheme, N, r, p, salt, hash] = (stored ?? nobody).split('$')
  if (scheme !== 'scrypt' || !salt || !hash) throw new Error('A stored password hash has an unknown form.')
  const expected = Buffer.from(hash, 'base64')
  const actual = await derive(password, Buffer.from(salt, 'base64'), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  })
  return timingSafeEqual(actual, expected) && stored !== undefined
}

function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: 256 * N * r }
    scrypt(password.normalize(), salt, length, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
