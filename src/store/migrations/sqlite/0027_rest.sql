-- An act tells how far it is: the form was opened, it was asked for, it was done, it failed. Acts of before have nothing.
ALTER TABLE act ADD COLUMN stage TEXT;
-- Why somebody should look at an act that was let through.
ALTER TABLE act ADD COLUMN flag TEXT;
CREATE INDEX act_flag ON act (id) WHERE flag IS NOT NULL;
-- Who opened a case saw whom it is about.
CREATE INDEX act_served ON act (served, id) WHERE served IS NOT NULL;
-- What a person has asked others to approve.
CREATE INDEX approval_asked ON approval (asked_by, id);
