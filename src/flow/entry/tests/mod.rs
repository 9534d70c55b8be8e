//! What an entry promises.
