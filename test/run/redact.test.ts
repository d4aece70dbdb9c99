import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REDACTED, redactor } from '../../src/run/redact.ts'

const SECRET = "p4ss'wörd&+/=x"

/** Everything a stream lets through, chunk by chunk. */
function through(secrets: string[], chunks: string[]): string {
  const stream = redactor(secrets).stream()
  return chunks.map((chunk) => stream.write(chunk)).join('') + stream.end()
}

describe('a secret is taken out', () => {
  test.each([
    ['as it is', SECRET],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a form', encodeURIComponent(`${SECRET}`).replaceAll('%20', '+')],
    ['in a URL in lower case', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64url', Buffer.from(SECRET).toString('base64url')],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in JSON', JSON.stringify(SECRET)],
    ['quoted for a shell', SECRET.replaceAll("'", "'\\''")],
  ])('%s', (_, form) => {
    const shown = redactor([SECRET]).text(`before ${form} after`)
    expect(shown).toContain(REDACTED)
    expect(shown).not.toContain(form)
    expect(shown).toMatch(/^before .* after$/)
  })

  test.each([1, 2, 3, 4, 5, 6])('in base64 behind %j other bytes', (before) => {
    const encoded = Buffer.from(`${'u'.repeat(before)}${SECRET}tail`).toString('base64')
    const shown = redactor([SECRET]).text(encoded)
    expect(shown).toContain(REDACTED)
    // What is left shows no more than the bits that its neighbours share.
    expect(Buffer.from(shown.replace(REDACTED, ''), 'base64').toString('latin1')).not.toContain('4ss')
  })

  test('each line of a key', () => {
    const key = `-----BEGIN KEY-----\n${'A'.repeat(64)}\n${'B'.repeat(64)}\n-----END KEY-----\n`
    expect(redactor([key]).text(`x ${'B'.repeat(64)} y`)).toBe(`x ${REDACTED} y`)
  })

  test('inside data', () => {
    expect(redactor([SECRET]).data({ a: [`x${SECRET}`], b: 1, c: null })).toEqual({
      a: [`x${REDACTED}`],
      b: 1,
      c: null,
    })
  })

  test('however it is cut into chunks', () => {
    const line = `one ${SECRET} two ${Buffer.from(SECRET).toString('base64')} three`
    fc.assert(
      fc.property(fc.array(fc.nat(line.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), line.length]
        const chunks = places.slice(1).map((end, index) => line.slice(places[index], end))
        expect(through([SECRET], chunks)).toBe(`one ${REDACTED} two ${REDACTED} three`)
      }),
    )
  })
})

describe('nothing else is', () => {
  test('text without a secret comes out as it went in, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (chunks) => {
        fc.pre(!chunks.join('').includes('hunter2hunter2'))
        expect(through(['hunter2hunter2'], chunks)).toBe(chunks.join(''))
      }),
    )
  })

  test('a secret too short to be told from chance is left alone', () => {
    expect(redactor(['ab']).text('abab')).toBe('abab')
  })

  test('the beginning of a secret that does not go on is not lost', () => {
    expect(through(['hunter2hunter2'], ['hunter', '2hun', 'ter3'])).toBe('hunter2hunter3')
  })
})
