/** The name of an environment, which is that of its file. In a file of its own: the form of a page checks it, too. */
export const ENVIRONMENT_NAME = /^[a-z0-9][a-z0-9-]*$/
