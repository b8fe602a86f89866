-- Every query of the queue, by name. Parameters are :names; the SQL is what SQLite and PostgreSQL share.

-- name: version_get
-- The version of the tables.
SELECT max(version) AS version FROM queue_version;

-- name: version_put
-- Writes the version of the tables that were just made.
INSERT INTO queue_version (version) VALUES (:version) ON CONFLICT (version) DO NOTHING;

-- name: project_put
-- Makes a project or points it at its newest guideline.
INSERT INTO project (name, version) VALUES (:name, :version)
ON CONFLICT (name) DO UPDATE SET version = excluded.version;

-- name: project_get
-- The guideline version a project stands at.
SELECT name, version FROM project WHERE name = :name;

-- name: project_names
-- All projects, by name.
SELECT name, version FROM project ORDER BY name;

-- name: project_turn
-- Draws the next number for tasks that come back; the row stays locked until the transaction ends, so numbers
-- become visible in order.
UPDATE project SET turns = turns + 1 WHERE name = :name RETURNING turns;

-- name: guideline_put
-- Keeps a guideline and label set under its version.
INSERT INTO guideline (project, version, body, defined_at) VALUES (:project, :version, :body, :now)
ON CONFLICT (project, version) DO NOTHING;

-- name: guideline_get
-- The guideline and label set of one version.
SELECT body FROM guideline WHERE project = :project AND version = :version;

-- name: task_put
-- Adds a task, or points a known one at where its document is now; what was answered stays. An erased one stays away,
-- and overlap never falls below the places already taken.
INSERT INTO task (task_id, project, release_id, doc_id, shard, shard_row, source, licence, rule, rank, overlap, gold)
SELECT :task_id, :project, :release_id, :doc_id, :shard, :row, :source, :licence, :rule, :rank, :overlap, :gold
WHERE NOT EXISTS (SELECT 1 FROM erased WHERE task_id = :task_id)
ON CONFLICT (task_id) DO UPDATE SET
    release_id = excluded.release_id, shard = excluded.shard, shard_row = excluded.shard_row,
    licence = excluded.licence, rule = excluded.rule, rank = excluded.rank, gold = excluded.gold,
    overlap = CASE WHEN excluded.overlap < task.taken THEN task.taken ELSE excluded.overlap END
WHERE (task.release_id, task.shard, task.shard_row, task.licence, task.rule, task.rank, coalesce(task.gold, ''))
    <> (excluded.release_id, excluded.shard, excluded.shard_row, excluded.licence, excluded.rule, excluded.rank,
        coalesce(excluded.gold, ''))
    OR (task.overlap <> excluded.overlap AND excluded.overlap >= task.taken);

-- name: task_get
-- One task.
SELECT * FROM task WHERE task_id = :task_id;

-- name: task_rows
-- All open tasks of a project.
SELECT * FROM task WHERE project = :project AND state = 'open';

-- name: task_count
-- How many tasks a project has.
SELECT count(*) AS tasks FROM task WHERE project = :project;

-- name: erased_among
-- Whether a task was erased.
SELECT task_id FROM erased WHERE task_id = :task_id;

-- name: places_forget
-- Sends every worker back to the start of a project, after tasks were added or moved.
DELETE FROM place WHERE project = :project;

-- name: places_hold
-- Makes workers wait before tasks are added or moved, in the order in which a lease takes its locks.
UPDATE place SET rank = rank WHERE project = :project;

-- name: place_open
-- How far a worker has come; two windows of one worker wait for each other here.
INSERT INTO place (worker, project, rank, task_id, turn) VALUES (:worker, :project, :rank, :task_id, :turn)
ON CONFLICT (worker, project) DO UPDATE SET rank = place.rank RETURNING rank, task_id, turn;

-- name: place_put
-- Remembers how far a worker has come.
INSERT INTO place (worker, project, rank, task_id, turn) VALUES (:worker, :project, :rank, :task_id, :turn)
ON CONFLICT (worker, project) DO UPDATE SET rank = excluded.rank, task_id = excluded.task_id, turn = excluded.turn;

-- name: lease_live
-- What a worker holds in a project.
SELECT t.*, a.fencing AS held, a.guideline, a.leased_at, a.expires_at
FROM assignment a JOIN task t ON t.task_id = a.task_id
WHERE a.worker = :worker AND a.project = :project AND a.state = 'leased';

-- name: lease_expired
-- Leases of a project that have run out.
SELECT task_id, worker, fencing FROM assignment
WHERE project = :project AND state = 'leased' AND expires_at <= :now;

-- name: next_back
-- The first task that came back since this worker last looked and that the worker never had.
SELECT t.* FROM task t
WHERE t.project = :project AND t.state = 'open' AND t.taken < t.overlap AND t.turn > 0 AND t.turn > :turn
    AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task_id = t.task_id AND a.worker = :worker)
ORDER BY t.turn LIMIT 1;

-- name: next_fresh
-- The first task beyond this worker's place that the worker never had.
SELECT t.* FROM task t
WHERE t.project = :project AND t.state = 'open' AND t.taken < t.overlap AND (t.rank, t.task_id) > (:rank, :task_id)
    AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task_id = t.task_id AND a.worker = :worker)
ORDER BY t.rank, t.task_id LIMIT 1;

-- name: next_own
-- The task this worker let go longest ago and that still has a free place: the last resort.
SELECT t.* FROM assignment a JOIN task t ON t.task_id = a.task_id
WHERE a.worker = :worker AND a.project = :project AND a.state IN ('released', 'expired')
    AND t.state = 'open' AND t.taken < t.overlap
ORDER BY a.finished_at, t.task_id LIMIT 1;

-- name: place_take
-- Takes one place of a task and draws its next fencing token; nothing comes back when the task filled up meanwhile.
UPDATE task SET taken = taken + 1, fencing = fencing + 1
WHERE task_id = :task_id AND state = 'open' AND taken < overlap RETURNING fencing;

-- name: place_fill
-- An answer came: the place stays taken for good.
UPDATE task SET answered = answered + 1 WHERE task_id = :task_id AND state = 'open';

-- name: place_free
-- Gives a place back; the task is numbered among those that came back.
UPDATE task SET taken = taken - 1, turn = :turn WHERE task_id = :task_id AND state = 'open';

-- name: place_reopen
-- An answer is taken back: the place stays with the worker under a new fencing token.
UPDATE task SET answered = answered - 1, fencing = fencing + 1
WHERE task_id = :task_id AND state = 'open' RETURNING fencing;

-- name: assignment_put
-- Records that a worker holds a task.
INSERT INTO assignment (task_id, worker, project, fencing, state, release_id, guideline, leased_at, expires_at)
VALUES (:task_id, :worker, :project, :fencing, 'leased', :release_id, :guideline, :now, :expires_at)
ON CONFLICT (task_id, worker) DO UPDATE SET fencing = excluded.fencing, state = 'leased',
    release_id = excluded.release_id, guideline = excluded.guideline, leased_at = excluded.leased_at,
    expires_at = excluded.expires_at, finished_at = NULL, answer = NULL, reason = NULL;

-- name: assignment_given
-- Records an answer or skip that was given elsewhere.
INSERT INTO assignment (task_id, worker, project, fencing, state, release_id, guideline, leased_at, expires_at,
    finished_at, answer, reason)
VALUES (:task_id, :worker, :project, :fencing, :state, :release_id, :guideline, :leased_at, :finished_at,
    :finished_at, :answer, :reason);

-- name: assignment_get
-- A worker's turn at a task.
SELECT * FROM assignment WHERE task_id = :task_id AND worker = :worker;

-- name: document_turns
-- Every worker's turn at a document, in every project.
SELECT t.project, t.task_id, t.state AS task_state, t.overlap, t.taken, t.answered, a.worker, a.state, a.answer, a.reason,
    a.leased_at, a.finished_at, a.release_id, a.guideline
FROM task t JOIN assignment a ON a.task_id = t.task_id
WHERE t.doc_id = :doc_id ORDER BY t.project, a.worker;

-- name: assignment_end
-- Ends a lease that is still good.
UPDATE assignment SET state = :state, finished_at = :now, answer = :answer, reason = :reason
WHERE task_id = :task_id AND worker = :worker AND fencing = :fencing AND state = 'leased' AND expires_at > :now;

-- name: assignment_expire
-- Ends a lease that has run out.
UPDATE assignment SET state = 'expired', finished_at = expires_at
WHERE task_id = :task_id AND worker = :worker AND fencing = :fencing AND state = 'leased';

-- name: assignment_extend
-- A sign of life: the lease runs on, though not beyond the longest time one may hold a task.
UPDATE assignment SET expires_at = CASE WHEN :expires_at < leased_at + :hold THEN :expires_at ELSE leased_at + :hold END
WHERE task_id = :task_id AND worker = :worker AND fencing = :fencing AND state = 'leased' AND expires_at > :now
RETURNING leased_at, expires_at, guideline;

-- name: assignment_last
-- What a worker finished last in a project.
SELECT task_id, state FROM assignment
WHERE worker = :worker AND project = :project AND state IN ('answered', 'skipped')
ORDER BY finished_at DESC, fencing DESC LIMIT 1;

-- name: refusals_forget
-- What policy refused a worker may be tried again.
UPDATE assignment SET state = 'released' WHERE worker = :worker AND state = 'refused';

-- name: document_leases_end
-- Ends every live lease on a document's tasks, because they are pulled.
UPDATE assignment SET state = 'pulled', finished_at = :now
WHERE state = 'leased' AND task_id IN (SELECT task_id FROM task WHERE doc_id = :doc_id);

-- name: document_pull
-- Takes a document's tasks out of the queue; places held but not answered are given back.
UPDATE task SET state = 'pulled', taken = answered WHERE doc_id = :doc_id AND state = 'open';

-- name: document_projects
-- Projects that ask about a document.
SELECT DISTINCT project FROM task WHERE doc_id = :doc_id ORDER BY project;

-- name: document_restore
-- Puts a document's pulled tasks back.
UPDATE task SET state = 'open', turn = :turn WHERE doc_id = :doc_id AND project = :project AND state = 'pulled';

-- name: document_tasks
-- The tasks that ask about a document.
SELECT task_id FROM task WHERE doc_id = :doc_id ORDER BY task_id;

-- name: erased_put
-- Remembers an erased task, so that a reload does not bring it back.
INSERT INTO erased (task_id) VALUES (:task_id) ON CONFLICT (task_id) DO NOTHING;

-- name: assignments_delete
-- Erases every answer to a task.
DELETE FROM assignment WHERE task_id = :task_id;

-- name: document_findings_delete
-- Erases every finding about a document.
DELETE FROM finding WHERE doc_id = :doc_id;

-- name: task_delete
-- Erases a task.
DELETE FROM task WHERE task_id = :task_id;

-- name: finding_put
-- Records that a worker saw personal information.
INSERT INTO finding (task_id, worker, project, doc_id, release_id, shard, source, kind, found_at)
VALUES (:task_id, :worker, :project, :doc_id, :release_id, :shard, :source, :kind, :now)
ON CONFLICT (task_id, worker) DO NOTHING;

-- name: finding_get
-- What a worker reported about a task.
SELECT * FROM finding WHERE task_id = :task_id AND worker = :worker;

-- name: findings_undelivered
-- Findings that the keeper of the shards has not been told about.
SELECT * FROM finding WHERE delivered = 0 ORDER BY found_at, task_id, worker;

-- name: finding_delivered
-- The keeper knows.
UPDATE finding SET delivered = 1 WHERE task_id = :task_id AND worker = :worker;

-- name: progress_tasks
-- Tasks of a project by state, gold or not, with places and answers.
SELECT state, CASE WHEN gold IS NULL THEN 0 ELSE 1 END AS is_gold, count(*) AS tasks,
    sum(CASE WHEN answered >= overlap THEN 1 ELSE 0 END) AS done, sum(overlap) AS places, sum(answered) AS answers
FROM task WHERE project = :project GROUP BY 1, 2;

-- name: progress_live
-- Leases of a project that have not run out.
SELECT count(*) AS leases FROM assignment WHERE project = :project AND state = 'leased' AND expires_at > :now;

-- name: progress_workers
-- What each worker did in a project, and since a moment.
SELECT worker, state, count(*) AS number, sum(CASE WHEN finished_at >= :since THEN 1 ELSE 0 END) AS recent
FROM assignment WHERE project = :project AND finished_at IS NOT NULL GROUP BY worker, state ORDER BY worker, state;

-- name: progress_worker
-- What one worker did in a project, and since a moment.
SELECT state, count(*) AS number, sum(CASE WHEN finished_at >= :since THEN 1 ELSE 0 END) AS recent
FROM assignment WHERE worker = :worker AND project = :project AND state IN ('answered', 'skipped') GROUP BY state;

-- name: findings_count
-- Findings in a project.
SELECT count(*) AS findings FROM finding WHERE project = :project;

-- name: gold_scores
-- Each worker's answers to tasks whose answer is known, and how many are right.
SELECT a.worker, count(*) AS answered, sum(CASE WHEN a.answer = t.gold THEN 1 ELSE 0 END) AS correct
FROM task t JOIN assignment a ON a.task_id = t.task_id
WHERE t.project = :project AND t.gold IS NOT NULL AND a.state = 'answered' GROUP BY a.worker ORDER BY a.worker;

-- name: export_rows
-- Every answer and skip of a project's open tasks with where it came from.
SELECT t.task_id, t.doc_id, t.source, t.licence, t.rule, t.gold, a.release_id, a.worker, a.state, a.answer, a.reason,
    a.leased_at, a.finished_at, a.guideline, a.fencing
FROM task t JOIN assignment a ON a.task_id = t.task_id
WHERE t.project = :project AND t.state = 'open' AND a.state IN ('answered', 'skipped');

-- name: worker_put
-- Makes a worker.
INSERT INTO worker (worker, organisation, account, added_at) VALUES (:worker, :organisation, :account, :now);

-- name: worker_find
-- The worker of an organisation's account.
SELECT worker FROM worker WHERE organisation = :organisation AND account = :account;

-- name: workers
-- All workers with the token that ends last.
SELECT w.worker, w.organisation, w.account, w.added_at, max(t.expires_at) AS expires_at,
    sum(CASE WHEN t.revoked_at IS NULL THEN 1 ELSE 0 END) AS tokens
FROM worker w LEFT JOIN token t ON t.worker = w.worker GROUP BY 1, 2, 3, 4 ORDER BY 2, 3;

-- name: token_put
-- Keeps the digest of a new token.
INSERT INTO token (digest, worker, issued_at, expires_at) VALUES (:digest, :worker, :now, :expires_at);

-- name: token_find
-- Whose token this is.
SELECT w.worker, w.organisation, w.account, t.expires_at, t.revoked_at
FROM token t JOIN worker w ON w.worker = t.worker WHERE t.digest = :digest;

-- name: tokens_revoke
-- Ends every token of a worker.
UPDATE token SET revoked_at = :now WHERE worker = :worker AND revoked_at IS NULL;
