//! The real program on a machine and among peers that fail it: a clock that jumps, a disk that fills, a disk that
//! must have written before a peer is answered, a peer that answers everything and does nothing.

mod clock;
mod counterpart;
mod disk;
pub(crate) mod durable;
