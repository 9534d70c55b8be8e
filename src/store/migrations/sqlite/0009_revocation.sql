-- What authorities last told of revoked certificates, as it came and under their signatures: a node that starts while they
-- are away goes on with it. A list has no serial number. Which of two is the newer one is told by their own thisUpdate.

CREATE TABLE revocation (
    kind        TEXT   NOT NULL,
    issuer      TEXT   NOT NULL,
    serial      TEXT   NOT NULL,
    answer      BLOB   NOT NULL,
    this_update BIGINT NOT NULL,
    came_at     BIGINT NOT NULL,
    PRIMARY KEY (kind, issuer, serial)
);
