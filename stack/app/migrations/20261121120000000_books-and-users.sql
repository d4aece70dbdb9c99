-- Up Migration
-- No down migration, here or later: it would delete what users wrote. Migrations only add; the version before must
-- be able to run on the result, so that a release can be rolled back without touching the database.

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  name text NOT NULL,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE books (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
  author text NOT NULL CHECK (length(author) BETWEEN 1 AND 200),
  year integer CHECK (year BETWEEN -3000 AND 3000),
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- "C" is the order in which S3 lists keys; reconcile walks both in step.
  cover_key text COLLATE "C",
  cover_sha256 text CHECK (cover_sha256 ~ '^[0-9a-f]{64}$'),
  cover_size integer CHECK (cover_size > 0),
  cover_type text,
  CONSTRAINT books_cover_whole CHECK (num_nulls(cover_key, cover_sha256, cover_size, cover_type) IN (0, 4))
);

CREATE INDEX books_newest ON books (created_at DESC, id DESC);
CREATE INDEX books_cover_key ON books (cover_key) WHERE cover_key IS NOT NULL;
CREATE INDEX books_created_by ON books (created_by);
