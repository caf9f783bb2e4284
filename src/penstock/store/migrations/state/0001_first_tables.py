"""The first tables of the state database."""

from alembic import op

revision = "state_0001"
down_revision = None
branch_labels = None
depends_on = None

VERSION = 1
TABLES = """
-- Runs: headers for lists, the plan, and the events that are the truth.

CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
);

CREATE TABLE definitions (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE revisions (
  definition TEXT NOT NULL,
  prefix TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (definition, prefix)
);

CREATE TABLE runs (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  number TEXT NOT NULL,
  definition TEXT NOT NULL,
  branch TEXT NOT NULL,
  "commit" TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  result TEXT,
  created REAL NOT NULL,
  started REAL,
  finished REAL,
  owner TEXT NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX runs_by_kind ON runs (kind, id);
CREATE INDEX runs_by_definition ON runs (definition, id);
CREATE INDEX runs_by_name ON runs (name, id);
CREATE INDEX runs_unfinished ON runs (id) WHERE state <> 'finished';

CREATE TABLE plans (
  run INTEGER NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  body TEXT NOT NULL
);

CREATE TABLE events (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  at REAL NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run, sequence)
) WITHOUT ROWID;

-- Deployments: the history of an environment.

CREATE TABLE deployments (
  id INTEGER NOT NULL PRIMARY KEY,
  environment TEXT NOT NULL,
  definition TEXT NOT NULL,
  run INTEGER NOT NULL,
  stage TEXT NOT NULL,
  job TEXT NOT NULL,
  result TEXT,
  started REAL NOT NULL,
  finished REAL
);
CREATE INDEX deployments_by_environment ON deployments (environment, id);
CREATE INDEX deployments_by_run ON deployments (run, id);

-- Azure ML: workspaces, assets, jobs.

CREATE TABLE ml_assets (
  id INTEGER NOT NULL PRIMARY KEY,
  scope TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  document TEXT NOT NULL,
  hash TEXT NOT NULL,
  created REAL NOT NULL,
  updated REAL NOT NULL,
  UNIQUE (scope, kind, name, version)
);
CREATE INDEX ml_assets_by_hash ON ml_assets (scope, kind, hash) WHERE hash <> '';

CREATE TABLE ml_jobs (
  id INTEGER NOT NULL PRIMARY KEY,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  run TEXT NOT NULL,
  parent TEXT NOT NULL,
  origin TEXT NOT NULL,
  status TEXT NOT NULL,
  archived INTEGER NOT NULL,
  created REAL NOT NULL,
  ended REAL,
  body TEXT NOT NULL,
  UNIQUE (scope, name)
);
CREATE INDEX ml_jobs_by_parent ON ml_jobs (scope, parent, id);
CREATE INDEX ml_jobs_by_run ON ml_jobs (run, id);
CREATE INDEX ml_jobs_by_name ON ml_jobs (name);
CREATE INDEX ml_jobs_by_origin ON ml_jobs (origin, id) WHERE origin <> '';
CREATE INDEX ml_jobs_unfinished ON ml_jobs (id) WHERE parent = '' AND status = '';
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    op.execute(f"PRAGMA user_version = {VERSION}")
