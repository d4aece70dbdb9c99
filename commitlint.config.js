/** Conventional Commits; `fix(drill): …`. The body is prose: its lines may be of any length. */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'body-max-line-length': [0],
    'footer-max-line-length': [0],
    // A title names things as they are written: PostgreSQL, `pnpm drill`.
    'subject-case': [0],
  },
}
