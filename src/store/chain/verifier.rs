//! Verifies a journal from its links and seals, whether they come from the database or from a file.

use super::{Break, ChainHead, ChainPage, ChainSeal, JournalEntry, Link, Walk};
use crate::exchange::canonical::State;
use crate::exchange::seal::Witness;

/// A verification under way. It keeps no more than its place.
#[derive(Debug)]
pub struct Verifier {
    state: State,
    witness: Witness,
    walk: Walk,
    links: u64,
    breaks: u64,
    sealed: Option<ChainSeal>,
}

impl Verifier {
    /// Verifies the journal of a state's node, whose seals these certificates vouch for.
    pub fn new(state: State, witness: Witness) -> Self {
        Self { state, witness, walk: Walk::default(), links: 0, breaks: 0, sealed: None }
    }

    /// How many links were seen.
    pub fn links(&self) -> u64 {
        self.links
    }

    /// How many breaks were found.
    pub fn breaks(&self) -> u64 {
        self.breaks
    }

    /// The last head that bears a good seal.
    pub fn sealed(&self) -> Option<&ChainSeal> {
        self.sealed.as_ref()
    }

    /// The number of the last link.
    pub fn last(&self) -> i64 {
        self.walk.last()
    }

    /// Takes the next page of the chain: each seal behind its link.
    pub fn page(&mut self, page: &ChainPage) -> Vec<Break> {
        let mut breaks = Vec::new();
        let mut seals = page.seals.iter().peekable();
        for (link, entry) in &page.links {
            while let Some(passed) = seals.next_if(|seal| seal.number < link.number) {
                breaks.extend(self.seal(passed));
            }
            breaks.extend(self.link(link, entry.as_ref()));
        }
        for seal in seals {
            breaks.extend(self.seal(seal));
        }
        breaks
    }

    /// Takes the next link with its entry.
    pub fn link(&mut self, link: &Link, entry: Option<&JournalEntry>) -> Vec<Break> {
        self.links += 1;
        let found = self.walk.step(link, entry);
        self.count(found)
    }

    /// Takes the seal of the link that was taken last, or of one that was passed without being there.
    pub fn seal(&mut self, seal: &ChainSeal) -> Vec<Break> {
        let number = seal.number;
        let fault = match seal.is_of(self.state, &self.witness) {
            Some(true) if self.walk.last() == number && self.walk.hash() == Some(seal.hash) => None,
            Some(true) => Some(Break::SealedOtherwise { number }),
            Some(false) => Some(Break::SealForged { number }),
            None => Some(Break::SealUnknown { number, signer: seal.signer }),
        };
        if fault.is_none() {
            self.sealed = Some(seal.clone());
        }
        self.count(fault.into_iter().collect())
    }

    /// Takes what was found beside the chain.
    pub fn beside(&mut self, breaks: Vec<Break>) -> Vec<Break> {
        self.count(breaks)
    }

    /// Takes the head, after the last link.
    pub fn head(&mut self, head: ChainHead) -> Vec<Break> {
        let found = self.walk.last();
        let fault = if head.number != found {
            Some(Break::Head { told: head.number, found })
        } else if self.walk.hash().is_some_and(|hash| hash != head.hash) {
            Some(Break::HeadHash { number: found })
        } else {
            None
        };
        self.count(fault.into_iter().collect())
    }

    fn count(&mut self, breaks: Vec<Break>) -> Vec<Break> {
        self.breaks += u64::try_from(breaks.len()).unwrap_or(u64::MAX);
        breaks
    }
}
