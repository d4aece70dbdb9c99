/** Stands in the bundle for jiti, with which node-pg-migrate loads migrations that are not SQL. */
export function createJiti() {
  return {
    import: (path: string): never => {
      throw new Error(`${path}: found a migration that is not SQL; only SQL migrations are in this build.`)
    },
  }
}
