-- Whom a result is for: scheme, host and port as the callback spells them. A receiver that hangs is passed over by them.
ALTER TABLE deliveries ADD COLUMN origin TEXT NOT NULL GENERATED ALWAYS AS
    (coalesce(substr(target ->> '$.url', 1, instr(substr(target ->> '$.url', 9) || '/', '/') + 7), '')) VIRTUAL;
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (due_at, origin) WHERE state = 'pending';
