-- The queue's tables, in the SQL that SQLite and PostgreSQL share. Times are microseconds since 1970, UTC.

-- A project points at its newest guideline; `turns` numbers the tasks that come back.
CREATE TABLE IF NOT EXISTS project (
    name TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    turns BIGINT NOT NULL DEFAULT 0
);

-- Every guideline and label set a project ever had: an answer names the one its worker read.
CREATE TABLE IF NOT EXISTS guideline (
    project TEXT NOT NULL,
    version TEXT NOT NULL,
    body TEXT NOT NULL,
    defined_at BIGINT NOT NULL,
    PRIMARY KEY (project, version)
);

-- A pointer to one row of one shard. `taken` counts live leases and answers; it never passes `overlap`.
CREATE TABLE IF NOT EXISTS task (
    task_id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    release_id TEXT NOT NULL,
    doc_id TEXT NOT NULL,
    shard TEXT NOT NULL,
    shard_row BIGINT NOT NULL,
    source TEXT NOT NULL,
    licence TEXT NOT NULL,
    rule TEXT NOT NULL,
    rank BIGINT NOT NULL,
    overlap BIGINT NOT NULL,
    gold TEXT,
    state TEXT NOT NULL DEFAULT 'open',
    taken BIGINT NOT NULL DEFAULT 0,
    answered BIGINT NOT NULL DEFAULT 0,
    fencing BIGINT NOT NULL DEFAULT 0,
    turn BIGINT NOT NULL DEFAULT 0,
    CHECK (taken BETWEEN 0 AND overlap AND answered BETWEEN 0 AND taken)
);

-- Tasks with a free place, in the order they are handed out. A full task is in neither index.
CREATE INDEX IF NOT EXISTS task_fresh ON task (project, rank, task_id) WHERE state = 'open' AND taken < overlap;
CREATE INDEX IF NOT EXISTS task_back ON task (project, turn) WHERE state = 'open' AND taken < overlap AND turn > 0;
CREATE INDEX IF NOT EXISTS task_document ON task (doc_id);

-- One worker's turn at one task; the key is what makes "never twice" true.
CREATE TABLE IF NOT EXISTS assignment (
    task_id TEXT NOT NULL,
    worker TEXT NOT NULL,
    project TEXT NOT NULL,
    fencing BIGINT NOT NULL,
    state TEXT NOT NULL,
    release_id TEXT NOT NULL,
    guideline TEXT NOT NULL,
    leased_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    finished_at BIGINT,
    answer TEXT,
    reason TEXT,
    PRIMARY KEY (task_id, worker)
);

-- A worker holds one task of a project at a time, however many windows are open.
CREATE UNIQUE INDEX IF NOT EXISTS assignment_live ON assignment (worker, project) WHERE state = 'leased';
CREATE INDEX IF NOT EXISTS assignment_expiry ON assignment (project, expires_at) WHERE state = 'leased';
CREATE INDEX IF NOT EXISTS assignment_last ON assignment (worker, project, state, finished_at);

-- How far a worker has come through a project, so that no lease walks again over what the worker has seen.
CREATE TABLE IF NOT EXISTS place (
    worker TEXT NOT NULL,
    project TEXT NOT NULL,
    rank BIGINT NOT NULL,
    task_id TEXT NOT NULL,
    turn BIGINT NOT NULL,
    PRIMARY KEY (worker, project)
);

-- Personal information a worker reported; `delivered` tells whether the shard's keeper has been told.
CREATE TABLE IF NOT EXISTS finding (
    task_id TEXT NOT NULL,
    worker TEXT NOT NULL,
    project TEXT NOT NULL,
    doc_id TEXT NOT NULL,
    release_id TEXT NOT NULL,
    shard TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    found_at BIGINT NOT NULL,
    delivered BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (task_id, worker)
);

-- Tasks that were erased: a reload of an old release does not bring them back.
CREATE TABLE IF NOT EXISTS erased (task_id TEXT PRIMARY KEY);

-- Who works: a pseudonym for each account of an organisation. Tokens are kept as digests only.
CREATE TABLE IF NOT EXISTS worker (
    worker TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    account TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    UNIQUE (organisation, account)
);

CREATE TABLE IF NOT EXISTS token (
    digest TEXT PRIMARY KEY,
    worker TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- Last, so that it is there only when everything is: the version of these tables.
CREATE TABLE IF NOT EXISTS queue_version (version BIGINT NOT NULL PRIMARY KEY);
