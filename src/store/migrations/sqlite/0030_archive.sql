-- Answered appeals by when they were answered: each month of them goes into an archive of its own (A21).

CREATE INDEX appeal_by_answer ON appeal (answered_at, id);
-- Changes of the node that were approved, the last first.
CREATE INDEX approval_done ON approval (command, state, decided_at, id);
