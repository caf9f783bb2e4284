-- The state database at its newest version. A change here comes with a revision in
-- migrations/state/, and a test compares both.
-- Times are seconds since 1970 (UTC). JSON is text.

PRAGMA user_version = 3;

CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES ('state_0003');

-- Runs: headers for lists, the plan, and the events that are the truth.

CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
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
  project TEXT NOT NULL,
  pipeline INTEGER,
  requested_by TEXT NOT NULL,
  requested_for TEXT NOT NULL,
  title TEXT NOT NULL,
  cause TEXT NOT NULL,
  stages TEXT NOT NULL,
  kept INTEGER NOT NULL,
  followed INTEGER NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX runs_by_kind ON runs (kind, id);
CREATE INDEX runs_by_definition ON runs (definition, id);
CREATE INDEX runs_by_name ON runs (name, id);
CREATE INDEX runs_unfinished ON runs (id) WHERE state <> 'finished';
CREATE INDEX runs_by_project ON runs (project, id);
CREATE INDEX runs_by_pipeline ON runs (pipeline, id);
CREATE INDEX runs_by_branch ON runs (project, branch, id);
CREATE INDEX runs_by_result ON runs (project, result, id);
CREATE INDEX runs_by_pipeline_result ON runs (pipeline, result, id);
CREATE INDEX runs_by_requester ON runs (project, requested_by, id);
CREATE INDEX runs_by_requested_for ON runs (project, requested_for, id);
CREATE INDEX runs_by_reason ON runs (project, reason, id);
CREATE INDEX runs_of_no_project ON runs (id) WHERE project = '' AND kind = 'pipeline';
CREATE INDEX runs_to_follow ON runs (id)
  WHERE followed = 0 AND state = 'finished' AND pipeline IS NOT NULL;
CREATE UNIQUE INDEX runs_by_cause ON runs (cause) WHERE cause <> '';

CREATE TABLE run_tags (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  tag TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (run, tag)
) WITHOUT ROWID;
CREATE INDEX run_tags_by_tag ON run_tags (tag, run);

CREATE VIRTUAL TABLE run_texts USING fts5 (text, tokenize = 'trigram');

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
  project TEXT NOT NULL,
  environment TEXT NOT NULL,
  definition TEXT NOT NULL,
  pipeline INTEGER NOT NULL,
  run INTEGER NOT NULL,
  stage TEXT NOT NULL,
  job TEXT NOT NULL,
  result TEXT,
  started REAL NOT NULL,
  finished REAL
);
CREATE INDEX deployments_by_environment
  ON deployments (project, environment COLLATE NOCASE, id);
CREATE INDEX deployments_by_run ON deployments (run, id);

-- Projects and their repositories.

CREATE TABLE projects (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  description TEXT NOT NULL,
  created REAL NOT NULL,
  updated REAL NOT NULL
);

CREATE TABLE repositories (
  id TEXT NOT NULL PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL COLLATE NOCASE,
  created REAL NOT NULL,
  UNIQUE (project, name)
);

CREATE TABLE repository_refs (
  repository TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  ref TEXT NOT NULL,
  object TEXT NOT NULL,
  PRIMARY KEY (repository, ref)
) WITHOUT ROWID;

-- Pushes: the outbox of what was accepted, and what each of them started.

CREATE TABLE pushes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  repository TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  pusher TEXT NOT NULL,
  pusher_name TEXT NOT NULL,
  at REAL NOT NULL,
  state TEXT NOT NULL
);
CREATE INDEX pushes_by_repository ON pushes (repository, id);
CREATE INDEX pushes_open ON pushes (state, id) WHERE state <> 'handled';

CREATE TABLE push_updates (
  push INTEGER NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
  ref TEXT NOT NULL,
  old TEXT NOT NULL,
  new TEXT NOT NULL,
  PRIMARY KEY (push, ref)
) WITHOUT ROWID;

-- Pull requests.

CREATE TABLE pull_requests (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  repository TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL,
  created REAL NOT NULL,
  closed REAL,
  body TEXT NOT NULL
);
CREATE INDEX pull_requests_by_repository ON pull_requests (repository, state, id);
CREATE INDEX pull_requests_active ON pull_requests (repository, source) WHERE state = 'active';

-- Pipelines: their settings, triggers and schedules.

CREATE TABLE pipelines (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  folder TEXT NOT NULL COLLATE NOCASE,
  name TEXT NOT NULL COLLATE NOCASE,
  repository TEXT NOT NULL,
  path TEXT NOT NULL,
  branch TEXT NOT NULL,
  settings TEXT NOT NULL,
  revision INTEGER NOT NULL,
  author TEXT NOT NULL,
  created REAL NOT NULL,
  updated REAL NOT NULL,
  UNIQUE (project, folder, name)
);
CREATE INDEX pipelines_by_repository ON pipelines (repository, id);

CREATE TABLE trigger_events (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  project TEXT NOT NULL,
  repository TEXT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  old TEXT NOT NULL,
  new TEXT NOT NULL,
  who TEXT NOT NULL,
  about TEXT NOT NULL,
  at REAL NOT NULL
);
CREATE INDEX trigger_events_by_project ON trigger_events (project, id);
CREATE INDEX trigger_events_by_repository ON trigger_events (repository, id);

CREATE TABLE trigger_decisions (
  event INTEGER NOT NULL REFERENCES trigger_events (id) ON DELETE CASCADE,
  pipeline INTEGER NOT NULL,
  name TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  why TEXT NOT NULL,
  place TEXT NOT NULL,
  run INTEGER,
  PRIMARY KEY (event, pipeline)
) WITHOUT ROWID;
CREATE INDEX trigger_decisions_held ON trigger_decisions (pipeline, event) WHERE outcome = 'held';

-- People: accounts, sessions, tokens, memberships, audit.

CREATE TABLE accounts (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  display_name TEXT NOT NULL,
  password TEXT NOT NULL,
  is_administrator INTEGER NOT NULL,
  is_disabled INTEGER NOT NULL,
  created REAL NOT NULL
);

CREATE TABLE members (
  project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  PRIMARY KEY (project, account)
) WITHOUT ROWID;
CREATE INDEX members_by_account ON members (account);

CREATE TABLE tokens (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created REAL NOT NULL,
  expires REAL NOT NULL,
  revoked REAL,
  used REAL
);
CREATE INDEX tokens_by_account ON tokens (account, created);

CREATE TABLE sessions (
  hash TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  token TEXT REFERENCES tokens (id) ON DELETE CASCADE,
  created REAL NOT NULL,
  seen REAL NOT NULL,
  expires REAL NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account);

CREATE TABLE tickets (
  hash TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  expires REAL NOT NULL
);

CREATE TABLE job_tokens (
  hash TEXT NOT NULL PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  project TEXT NOT NULL,
  created REAL NOT NULL
);
CREATE INDEX job_tokens_by_run ON job_tokens (run);

CREATE TABLE audit (
  id INTEGER NOT NULL PRIMARY KEY,
  at REAL NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  project TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_by_project ON audit (project, id);

-- The library: variable groups, connections, secure files, environments, permissions.

CREATE TABLE resources (
  project TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE,
  description TEXT NOT NULL,
  body TEXT NOT NULL,
  created REAL NOT NULL,
  created_by TEXT NOT NULL,
  modified REAL NOT NULL,
  modified_by TEXT NOT NULL,
  PRIMARY KEY (type, id),
  UNIQUE (project, type, name)
);

CREATE TABLE resource_grants (
  project TEXT NOT NULL,
  type TEXT NOT NULL,
  resource TEXT NOT NULL,
  pipeline INTEGER NOT NULL,
  by TEXT NOT NULL,
  at REAL NOT NULL,
  PRIMARY KEY (project, type, resource, pipeline)
) WITHOUT ROWID;

-- Secrets, encrypted.

CREATE TABLE secrets (
  project TEXT NOT NULL,
  owner TEXT NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE,
  key TEXT NOT NULL,
  sealed BLOB NOT NULL,
  updated REAL NOT NULL,
  PRIMARY KEY (project, owner, name)
);

-- Checks and approvals of runs.

CREATE TABLE resource_checks (
  id INTEGER NOT NULL PRIMARY KEY,
  project TEXT NOT NULL,
  type TEXT NOT NULL,
  resource TEXT NOT NULL,
  body TEXT NOT NULL,
  created REAL NOT NULL,
  created_by TEXT NOT NULL,
  modified REAL NOT NULL,
  modified_by TEXT NOT NULL
);
CREATE INDEX resource_checks_by_resource ON resource_checks (project, type, resource, id);

CREATE TABLE checkpoints (
  number INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  node TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  work TEXT NOT NULL,
  opened REAL NOT NULL,
  items TEXT NOT NULL,
  message TEXT NOT NULL,
  result TEXT,
  closed REAL,
  UNIQUE (run, node, attempt)
);
CREATE INDEX checkpoints_waiting ON checkpoints (number) WHERE result IS NULL;

CREATE TABLE approvals (
  number INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  checkpoint TEXT NOT NULL REFERENCES checkpoints (id) ON DELETE CASCADE,
  project TEXT NOT NULL,
  run INTEGER NOT NULL,
  place TEXT NOT NULL,
  status TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (checkpoint, place)
);
CREATE INDEX approvals_by_run ON approvals (run, number);
CREATE INDEX approvals_by_project ON approvals (project, status, number);

CREATE TABLE resource_locks (
  project TEXT NOT NULL,
  type TEXT NOT NULL,
  resource TEXT NOT NULL,
  run INTEGER NOT NULL,
  stage TEXT NOT NULL,
  pipeline INTEGER NOT NULL,
  is_held INTEGER NOT NULL,
  PRIMARY KEY (project, type, resource, run, stage)
) WITHOUT ROWID;
CREATE INDEX resource_locks_by_run ON resource_locks (run, stage);

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
