//! What the store promises, tried on a file of each test's own.

mod concurrency;
mod conversation;
mod fixture;
mod inbox;
mod journal;
mod ledger;
mod model;
mod open;
mod outbox;
mod plan;
