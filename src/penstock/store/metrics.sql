-- The metrics database at its newest version: what tracking clients (MLflow) log.
-- A change here comes with a revision in migrations/metrics/ (until the first release: in 0001).
-- Times are milliseconds since 1970 (UTC), as MLflow has them. What is no number has nan = 1, value = 0.

PRAGMA user_version = 1;

CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES ('metrics_0001');

-- Experiments and runs.

CREATE TABLE experiments (
  id INTEGER NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  stage TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  UNIQUE (workspace, name)
);

CREATE TABLE experiment_tags (
  experiment INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (experiment, name)
) WITHOUT ROWID;

CREATE TABLE runs (
  id INTEGER NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  run_id TEXT NOT NULL,
  experiment INTEGER NOT NULL REFERENCES experiments (id),
  name TEXT NOT NULL,
  user TEXT NOT NULL,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  owned INTEGER NOT NULL,
  started INTEGER,
  ended INTEGER,
  UNIQUE (workspace, run_id)
);
CREATE INDEX runs_by_experiment ON runs (experiment, started);

CREATE TABLE params (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;

CREATE TABLE tags (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;

CREATE TABLE metrics (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  time INTEGER NOT NULL,
  value REAL NOT NULL,
  nan INTEGER NOT NULL,
  model TEXT NOT NULL,
  dataset TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (run, name, step, time, value, nan, model)
) WITHOUT ROWID;
CREATE INDEX metrics_by_model ON metrics (model, name) WHERE model <> '';

CREATE TABLE latest_metrics (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  time INTEGER NOT NULL,
  value REAL NOT NULL,
  nan INTEGER NOT NULL,
  model TEXT NOT NULL,
  dataset TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;

-- Data sets a run read, models it read or wrote: (kind, key) is unique in a run, body is JSON.

CREATE TABLE run_links (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run, kind, key)
) WITHOUT ROWID;

-- Models that runs logged, and what was said of them: (kind, name) is a param or a tag.

CREATE TABLE logged_models (
  id INTEGER NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  model_id TEXT NOT NULL,
  experiment INTEGER NOT NULL REFERENCES experiments (id),
  name TEXT NOT NULL,
  folder TEXT NOT NULL,
  status TEXT NOT NULL,
  type TEXT NOT NULL,
  source_run TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  UNIQUE (workspace, model_id)
);
CREATE INDEX logged_models_by_experiment ON logged_models (experiment, id);
CREATE INDEX logged_models_by_run ON logged_models (workspace, source_run);

CREATE TABLE logged_model_values (
  model INTEGER NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, kind, name)
) WITHOUT ROWID;
