/**
 * What each variable of `stack/compose.yaml` is for. Names, defaults and readers come from the file itself; a test
 * says which meaning is missing here, and which is of no use any more.
 */
export const meanings: Record<string, string> = {
  APP_IMAGE: 'The application to operate, in place of the reference application.',
  APP_MEMORY: 'Most memory of one container of the application.',
  APP_REPLICAS: 'How many containers of the application run.',
  APP_URL: 'The address that users type. With https, session cookies are marked Secure.',
  ASSETS_BUCKET: 'The bucket of the application’s files.',
  ASSETS_ENDPOINT: 'The S3 endpoint of the application’s files.',
  ASSETS_REGION: 'Its region; part of every signature.',
  BACKUPS_BUCKET: 'The bucket of the backups.',
  BACKUPS_CA_FILE:
    'The authority that signed the certificate of the backups’ endpoint, as the database sees it.',
  BACKUPS_ENDPOINT: 'The host name of the backups’ S3 endpoint.',
  BACKUPS_PORT: 'Its port.',
  BACKUPS_REGION: 'Its region.',
  BACKUPS_RETENTION_DAYS: 'How many days back any moment can be restored.',
  CACHE_MEMORY: 'Most memory of Redis.',
  DB_CPUS: 'Most processors of PostgreSQL.',
  DB_INITIALISE:
    'With force, an empty data directory is initialised although a backup exists. Never leave it set.',
  DB_MEMORY: 'Most memory of PostgreSQL.',
  ENVIRONMENT: 'The name of this environment, which its file has, too. The system remembers it.',
  ENVIRONMENT_KIND:
    'What kind of environment it is: production, staging, development or sandbox. The system remembers it. Only the last two take demo data and may be reset.',
  HEALTH_INTERVAL: 'How often a container’s health is checked.',
  HTTPS_PORT: 'The port, or address and port, that HTTPS is published on.',
  HTTP_PORT: 'The same for HTTP.',
  IMAGE_TAG: 'The version of the stack’s images.',
  MAINTENANCE: 'With on, the application answers 503 to everything but its health.',
  PROXY_MEMORY: 'Most memory of the proxy.',
  PULL_POLICY: 'Whether the engine may pull images that it does not have.',
  SCHEDULER_BACKUPS_CA_FILE: 'As BACKUPS_CA_FILE, as the scheduler sees it.',
  SCHEDULER_MEMORY: 'Most memory of the scheduler.',
  SCRATCH_MEMORY: 'Most memory of a restored copy that is being looked at.',
  SITE_ADDRESS: 'The host name that is served, and that the certificate is for.',
  STORE_BACKEND: 'bluestore keeps objects on disk; memstore in memory, for drills.',
  STORE_DAY_SECONDS: 'For tests: how long a day of the lifecycle rules is.',
  STORE_MEMORY: 'Most memory of the object store.',
  STORE_SIZE: 'Most bytes that the object store may hold. Fixed at its first start.',
  TLS_ISSUER: 'acme gets certificates from a public authority; internal signs them itself.',
  TOOLBOX_BACKUPS_CA_FILE: 'As BACKUPS_CA_FILE, as the toolbox sees it.',
  TOOLBOX_MEMORY: 'Most memory of the toolbox.',
}
