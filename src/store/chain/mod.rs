//! The chain over the journal: it shows what was changed, deleted, inserted or exchanged afterwards.
//!
//! Entries are appended in the transactions of what they tell, by several processes at once, so they are linked
//! afterwards: whoever links takes what is committed and waits for its link, in the order of the keys. The chain has an
//! order of its own, since keys of one moment need not be committed in their order. A link holds the hash of the entry
//! and of the link before; from time to time the node signs the head ([`ChainSeal`]), so that who has the
//! database alone cannot make the chain anew.

mod entry;
mod link;
mod sealed;
mod verifier;
mod walk;

pub use entry::JournalEntry;
pub(super) use entry::entry_columns;
pub use link::{
    ChainCounts, ChainHead, ChainPage, Link, chain_counts, chain_head, chain_link, chain_page,
    chain_strangers, chain_unlinked, chain_waiting,
};
pub use sealed::{ChainSeal, chain_seal_last, chain_seal_put};
pub use verifier::Verifier;
pub use walk::{Break, Walk};
