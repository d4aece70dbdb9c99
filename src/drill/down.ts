/**
 * Removes a project, as arguments of `docker compose`: all that it has, in every profile, since a test may have started what
 * does not start by itself.
 */
export const down = ['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '1']
