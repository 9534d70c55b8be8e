//! What the store promises: one suite on both engines, and what only one of them can be asked.
#![expect(clippy::duplicate_mod, reason = "the suite is included once for each engine")]

mod group;
mod national;
mod national_live;
mod national_query;
mod open;
mod plan;
mod postgres;
mod postgres_server;
mod rows;
mod sqlite;
