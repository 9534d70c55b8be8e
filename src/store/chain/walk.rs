//! Walks the chain of the journal link by link and tells what does not fit. Pure: where the links come from is the
//! caller's business.

use super::{JournalEntry, Link};
use crate::base::Digest256;
use std::fmt;

/// What does not fit, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    /// Links that are not there.
    LinksMissing {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// A link stands where a later one should.
    OutOfOrder {
        /// Its number.
        number: i64,
    },
    /// A link whose entry is not there.
    EntryMissing {
        /// The number of the link.
        number: i64,
        /// The key of the entry.
        entry: i64,
    },
    /// An entry that is not what was linked, or a link that was exchanged for another.
    Changed {
        /// The number of the link.
        number: i64,
        /// The key of the entry.
        entry: i64,
    },
    /// A link of a form that this program does not know.
    Form {
        /// The number of the link.
        number: i64,
        /// The form.
        form: i64,
    },
    /// An entry that is neither linked nor waits for its link: the node did not write it.
    Stranger {
        /// Its key.
        entry: i64,
    },
    /// An entry that waited for its link and is not there.
    WaitingMissing {
        /// Its key.
        entry: i64,
    },
    /// The chain does not end where its head says.
    Head {
        /// What the head says.
        told: i64,
        /// The last link.
        found: i64,
    },
    /// The head names another hash than its link has.
    HeadHash {
        /// The number of the link.
        number: i64,
    },
    /// A sealed head that the chain does not have, or has with another hash.
    SealedOtherwise {
        /// The number of the link.
        number: i64,
    },
    /// A seal that is not the node's.
    SealForged {
        /// The number of the link.
        number: i64,
    },
    /// A seal by a certificate that is not at hand.
    SealUnknown {
        /// The number of the link.
        number: i64,
        /// The SHA-256 of the certificate.
        signer: Digest256,
    },
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinksMissing { from, to } if from == to => write!(f, "link {from} is missing"),
            Self::LinksMissing { from, to } => write!(f, "links {from} to {to} are missing"),
            Self::OutOfOrder { number } => write!(f, "link {number} stands behind a later one"),
            Self::EntryMissing { number, entry } => {
                write!(f, "link {number}: its entry {entry} was deleted")
            }
            Self::Changed { number, entry } => {
                write!(f, "link {number}: its entry {entry}, or the link, was changed or exchanged")
            }
            Self::Form { number, form } => {
                write!(f, "link {number} is of form {form}, which this program does not know")
            }
            Self::Stranger { entry } => {
                write!(f, "entry {entry} was inserted: it is not linked and does not wait for a link")
            }
            Self::WaitingMissing { entry } => write!(f, "entry {entry} was deleted before it was linked"),
            Self::Head { told, found } => {
                write!(f, "the chain ends at link {found}, but its head says {told}")
            }
            Self::HeadHash { number } => write!(f, "the head has another hash than link {number}"),
            Self::SealedOtherwise { number } => {
                write!(
                    f,
                    "link {number} is not what the node has sealed; the chain was made anew up to there"
                )
            }
            Self::SealForged { number } => write!(f, "the seal of link {number} is not the node's"),
            Self::SealUnknown { number, signer } => write!(
                f,
                "the seal of link {number} is by another certificate (sha-256 {signer}); if it was the node's, give it with --certificate"
            ),
        }
    }
}

/// The state of a walk: the same few words however long the chain is.
///
/// Each link is judged from the stored hash of the one before, so that one change is one break and not thousands.
#[derive(Debug, Clone)]
pub struct Walk {
    last: i64,
    /// The stored hash of the last link; none after a gap.
    stored: Option<Digest256>,
    /// The hash it should have had, where that differs.
    due: Option<Digest256>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { last: 0, stored: Some(START), due: None }
    }
}

impl Walk {
    /// The number of the last link that was seen.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// The stored hash of it, if it was not lost in a gap.
    pub fn hash(&self) -> Option<Digest256> {
        self.stored
    }

    /// Takes the next link with its entry.
    pub fn step(&mut self, link: &Link, entry: Option<&JournalEntry>) -> Vec<Break> {
        let mut breaks = Vec::new();
        let next = self.last.saturating_add(1);
        let number = link.number;
        if number < next {
            breaks.push(Break::OutOfOrder { number });
            return breaks;
        }
        if number > next {
            breaks.push(Break::LinksMissing { from: next, to: number.saturating_sub(1) });
            (self.stored, self.due) = (None, None);
        }
        let due = self.judge(link, entry, &mut breaks);
        (self.last, self.stored) = (number, Some(link.hash));
        self.due = due.filter(|due| *due != link.hash);
        breaks
    }

    /// What the hash of a link should be, as far as that can be known.
    fn judge(&self, link: &Link, entry: Option<&JournalEntry>, breaks: &mut Vec<Break>) -> Option<Digest256> {
        let (number, id) = (link.number, link.entry_id);
        let Some(entry) = entry.filter(|entry| entry.id == id) else {
            breaks.push(Break::EntryMissing { number, entry: id });
            return None;
        };
        // After a gap nothing is known of the link before; the gap itself is told.
        let stored = self.stored?;
        let Some(due) = entry.link(number, link.form, &stored) else {
            breaks.push(Break::Form { number, form: link.form });
            return None;
        };
        // The hash of the link before may be what was changed; then this one is as it was made.
        let is_as_made = due == link.hash
            || self.due.is_some_and(|before| entry.link(number, link.form, &before) == Some(link.hash));
        if !is_as_made {
            breaks.push(Break::Changed { number, entry: id });
        }
        Some(due)
    }
}

/// What stands before the first link.
pub(super) const START: Digest256 = Digest256([0; 32]);
