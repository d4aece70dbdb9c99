/** Which Docker engine an environment reaches. */
import { capture } from './capture.ts'
import { commandEnv, type Environment } from './environment.ts'
import { Failure } from './errors.ts'

/** Address of the engine that docker commands with this environment talk to: `unix:///var/run/docker.sock`. */
export async function engineAddress(root: string, environment: Environment): Promise<string> {
  const env = commandEnv(environment)
  if (env.DOCKER_HOST) return env.DOCKER_HOST
  const format = '{{.Endpoints.docker.Host}}'
  const answer = await capture('docker', ['context', 'inspect', '--format', format], { cwd: root, env })
  if (answer.exit !== 0) {
    throw new Failure('Docker did not say which engine it uses.', {
      hints: [answer.stderr.trim(), 'scripts/bootstrap   installs and starts what is missing'],
    })
  }
  return answer.stdout.trim()
}
