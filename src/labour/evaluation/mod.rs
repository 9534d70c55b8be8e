//! Frozen sets to measure matching by: an invented world whose hidden part decides what fits, and the measures.
//!
//! What fits is told by what a person can do, would accept and how a trade helps in another, none of which matching sees: it
//! sees profiles and vacancies with gaps, wrong codes, other words and other languages. Nothing here knows a weight.

mod bound;
mod dice;
mod hidden;
mod known;
mod lexicon;
mod measures;
mod observed;
mod phrases;
mod responses;
mod world;

pub use bound::Bound;
pub use lexicon::Lexicon;
pub use measures::{ndcg, precision, recall, reciprocal_rank};
pub use responses::{Applied, Response, ResponseFault, Responses};
pub use world::{GeneratedSet, Query, SetSize, World, WorldFault};

#[cfg(test)]
mod tests;
