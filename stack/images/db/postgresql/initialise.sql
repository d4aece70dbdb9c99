-- Roles and databases of a new cluster. Run once, by db-serve.
\set QUIET on
CREATE ROLE app LOGIN PASSWORD :'app_password';

-- An operator's commands: no superuser, but what runbooks need.
CREATE ROLE operator LOGIN CREATEDB CREATEROLE PASSWORD :'operator_password'
  IN ROLE pg_monitor, pg_signal_backend, pg_maintain, pg_checkpoint, pg_read_all_data, pg_use_reserved_connections, app;

-- The scheduler: takes backups, dumps and writes the heartbeat. Only through the socket, so it has no password.
-- To record what a backup holds it locks tables for an instant, which is maintenance.
CREATE ROLE scheduler LOGIN IN ROLE pg_read_all_settings, pg_checkpoint, pg_read_all_data, pg_maintain, pg_use_reserved_connections;

-- The monitoring: reads statistics, no rows. Through the socket as well.
CREATE ROLE monitoring LOGIN CONNECTION LIMIT 5 IN ROLE pg_monitor, pg_use_reserved_connections;

CREATE DATABASE app OWNER app;
REVOKE ALL ON DATABASE app FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT, CREATE ON DATABASE app TO operator;
GRANT CONNECT ON DATABASE app, postgres TO operator, scheduler, monitoring;

GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_switch_wal(),
  pg_create_restore_point(text) TO scheduler, operator;

\connect app
CREATE EXTENSION amcheck;
CREATE EXTENSION pg_stat_statements;
GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) TO operator, scheduler;

-- What the stack knows about itself.
CREATE SCHEMA operations AUTHORIZATION operator;
SET ROLE operator;
CREATE TABLE operations.environment (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  name text NOT NULL,
  kind text NOT NULL
);
COMMENT ON TABLE operations.environment IS 'Which environment this database belongs to. One row.';
COMMENT ON COLUMN operations.environment.kind IS 'production, staging, development or sandbox: only the last two may be thrown away.';
INSERT INTO operations.environment (name, kind) VALUES (:'environment', :'kind');

CREATE TABLE operations.heartbeat (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  at timestamptz NOT NULL
);
COMMENT ON TABLE operations.heartbeat IS 'Written every five seconds: even an idle database has a recent commit to restore to.';
INSERT INTO operations.heartbeat (at) VALUES (clock_timestamp());
GRANT USAGE ON SCHEMA operations TO scheduler;
GRANT SELECT, UPDATE ON operations.heartbeat TO scheduler;
RESET ROLE;
