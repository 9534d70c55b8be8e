-- The directory of the bodies of each state, as it last told it: entries as JSON, ended ones included.

CREATE TABLE body_directory (
    state   TEXT NOT NULL PRIMARY KEY,
    as_of   TEXT NOT NULL,
    entries TEXT NOT NULL
);
