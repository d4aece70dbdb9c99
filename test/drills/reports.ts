/**
 * In the database’s container: a program that opens transactions and forgets them: many connections in one process, of the application's role.
 * `reports WHERE CONNECTIONS STATEMENT` starts one, and writes its number to `/tmp/reports`.
 */
export const reports = `set -eu
PGPASSWORD=$(cat /run/secrets/db/app-password)
export PGPASSWORD PGAPPNAME=nightly-report
reports() {
  printf 'begin;\\n%s;\\n\\\\sleep 300 s\\ncommit;\\n' "$3" >/tmp/report.sql
  setsid pgbench -n -h \${1%:*} -p \${1#*:} -U app -c "$2" -j 1 -t 1 -f /tmp/report.sql app >/tmp/report.log 2>&1 &
  echo $! >>/tmp/reports
}
`
