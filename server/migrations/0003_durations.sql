-- Only what has ended has a duration. With what lists are narrowed by in it, so that a walk looks at no row it does not
-- show.
DROP INDEX jobs_by_duration;
CREATE INDEX jobs_by_duration ON jobs (duration_ms, seq, template_id, state, source, ended_at)
    WHERE ended_at IS NOT NULL;
