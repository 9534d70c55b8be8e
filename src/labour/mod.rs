//! The labour half: occupations and how they are told apart, matching with its reasons, consent, and the case of one
//! person's way from a vacancy to a pension. Pure: no file, no database, no peer.

pub mod occupations;
