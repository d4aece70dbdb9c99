/** A certificate authority beside the stack, and what the proxy serves of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type PeerCertificate } from 'node:tls'
import type { Stack } from '#drill'
import type { Tools } from './stack.ts'

type OnStack = { stack: Stack }

export interface Authority {
  /** How long a certificate is valid that it issues. */
  seconds?: number
  /** A name that it gives none for. */
  refuses?: string
}

/**
 * An ACME authority beside the stack: Pebble, in the proxy’s own network, since that is where a certificate for
 * `localhost` can be asked for. What verifies it lies in the proxy’s volume, so that it goes with the stack.
 */
function withAuthority({ seconds = 90 * 86_400, refuses = 'blocked.example' }: Authority): string {
  const image = `drillbook/pebble:\${IMAGE_TAG:-dev}`
  const volumes = ['proxy:/run/acme']
  return JSON.stringify({
    services: {
      proxy: {
        environment: {
          TLS_ISSUER: 'acme',
          ACME_DIRECTORY: 'https://localhost:14000/dir',
          ACME_CA_FILE: '/var/lib/caddy/ca.crt',
        },
        depends_on: { 'acme-key': { condition: 'service_completed_successfully' } },
      },
      'acme-key': { image, volumes, command: ['pebble-serve', '--key'], network_mode: 'none' },
      acme: {
        ...{ image, volumes, init: true, network_mode: 'service:proxy', stop_grace_period: '1s' },
        environment: { PEBBLE_LIFETIME: String(seconds), PEBBLE_REFUSES: refuses },
        healthcheck: { test: ['CMD', 'test', '-e', '/run/acme/ready'], interval: '1s' },
      },
    },
  })
}

/** Compose with the authority’s services beside those of the stack. */
const beside = ({ stack }: OnStack, authority: Authority, ...args: string[]) =>
  stack.compose(['--file', 'stack/compose.yaml', '--file', '-', ...args], { input: withAuthority(authority) })

export async function replaceAuthority(scene: OnStack & Tools, authority: Authority): Promise<void> {
  await scene.exec('proxy', 'rm', '-f', '/var/lib/caddy/ready')
  await beside(scene, authority, 'up', '--detach', '--wait', '--no-deps', 'acme')
}

export const silenceAuthority = (scene: OnStack) => beside(scene, {}, 'stop', 'acme')

/** What an authority of an earlier play has left: a proxy that finds a certificate asks for none. */
const forget = ({ exec }: Tools) =>
  exec(
    'proxy',
    'sh',
    '-c',
    'cd /var/lib/caddy; rm -rf certificates/localhost-14000-dir acme/localhost-14000-dir renewal ca.crt tls.crt tls.key ready',
  )

/** The proxy gets its certificate from an authority, as it does in production. */
export async function useAuthority(scene: OnStack & Tools, authority: Authority): Promise<void> {
  await forget(scene)
  await beside(scene, authority, 'up', '--detach', '--wait', 'acme')
  // It asked before the authority was there, and would ask again in a minute.
  await scene.exec(
    'proxy',
    'caddy',
    'reload',
    '--config',
    '/etc/caddy/Caddyfile',
    '--address',
    'unix//tmp/caddy.sock',
    '--force',
  )
  for (let tries = 100; !(await served(scene)).issuer?.includes('Pebble'); await sleep(200))
    if (tries-- === 0) throw new Error('The proxy got no certificate from the authority.')
}

/** As it was: the private authority of the sandbox. */
export async function withoutAuthority(scene: OnStack & Tools): Promise<void> {
  await beside(scene, {}, 'rm', '--stop', '--force', 'acme', 'acme-key')
  await forget(scene)
  await scene.stack.compose(['up', '--detach', '--wait', '--no-deps', 'proxy'])
}

export interface Served {
  serial?: string
  issuer?: string
  names?: string
  ends?: number
  /** Why a client that checks certificates refuses it. */
  refused?: string
}

/** What a new connection is served, as a client sees it that trusts `authorities`. Never rejects. */
export function served({ stack }: OnStack, authorities = ''): Promise<Served> {
  const [host = '', port] = (stack.entries.HTTPS_PORT ?? '').split(':')
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port),
      servername: 'localhost',
      ca: authorities,
      rejectUnauthorized: false,
      timeout: 2000,
    })
    const end = (seen: Served) => {
      socket.destroy()
      resolve(seen)
    }
    socket.on('secureConnect', () => {
      const { serialNumber, issuer, subjectaltname, valid_to }: PeerCertificate = socket.getPeerCertificate()
      const refused = socket.authorized ? {} : { refused: String(socket.authorizationError) }
      end({
        serial: serialNumber,
        issuer: String(issuer?.CN),
        names: subjectaltname ?? '',
        ends: Date.parse(valid_to),
        ...refused,
      })
    })
    socket.on('timeout', () => end({ refused: 'no answer' }))
    socket.on('error', (error) => end({ refused: error.message }))
  })
}

/** What verifies the certificates of the authority that is running. */
export const authorities = ({ exec }: Tools) => exec('proxy', 'cat', '/var/lib/caddy/ca.crt')
