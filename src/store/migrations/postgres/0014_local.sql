-- What became of the local files when they were read last: whichever replica reads them tells the same.

CREATE TABLE local_file (
    name    TEXT   NOT NULL PRIMARY KEY,
    taken   BIGINT NOT NULL,
    aside   BIGINT NOT NULL,
    refused TEXT,
    read_at BIGINT NOT NULL
);

-- Why rows are set aside, each with its place; of the first of a file. A finding, without a value of a person.

CREATE TABLE local_aside (
    name    TEXT   NOT NULL,
    number  BIGINT NOT NULL,
    finding TEXT   NOT NULL,
    PRIMARY KEY (name, number)
);
