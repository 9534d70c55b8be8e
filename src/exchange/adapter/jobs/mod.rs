//! Jobs from national systems: the portal of Russia by its interface and its bulk sets, the generic drop of other states,
//! the extract of the register of contracts of Kazakhstan.
//!
//! What comes out is canonical and clean: plain texts without contacts, known currencies, codes by explicit tables. What a
//! source says and nobody knows is left out, counted and reported; an entry that cannot be used is set aside with its file
//! and line. Nothing here opens a file or a connection.

mod clean;
mod contacts;
mod contract;
mod cv;
mod drop;
mod fields;
mod html;
mod page;
mod posting;
mod report;
mod stream;
mod vacancy;
mod words;

pub use clean::{Cleaner, CleanerError};
pub use contract::ContractRow;
pub use cv::NamelessCandidate;
pub use drop::{Manifest, SCHEMA_VERSION};
pub use page::{Page, PageError, entry_changed, entry_company, entry_id};
pub use posting::job_posting;
pub use report::{Counted, JobTally};
pub use stream::{Entry, EntryForm};
pub use vacancy::Taken;
pub use words::{Words, WordsError};

#[cfg(test)]
mod tests;
