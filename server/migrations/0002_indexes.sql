-- What is asked for together stands together, so that every list is a few short walks however many jobs there are.

-- The next one to hand over, and how many ComfyUI has.
DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (state, seq, source) WHERE ended_at IS NULL;

DROP INDEX jobs_by_template;
CREATE INDEX jobs_by_template ON jobs (template_id, state, source, seq) WHERE template_id IS NOT NULL;
DROP INDEX jobs_by_workflow;
CREATE INDEX jobs_by_workflow ON jobs (workflow_id, state, source, seq) WHERE workflow_id IS NOT NULL;
