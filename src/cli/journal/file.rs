//! The file of an exported journal: one JSON object a line, in the order in which they are verified.

use crate::base::Digest256;
use crate::exchange::canonical::State;
use crate::store::{ChainHead, ChainSeal, JournalEntry, Link};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    /// The first line.
    Journal { version: u32, state: State, exported_at: Timestamp, certificates: Vec<String> },
    /// A link with its entry.
    Link { number: i64, entry_id: i64, form: i64, hash: String, entry: Option<JournalEntry> },
    /// A seal, behind its link.
    Seal { number: i64, hash: String, at: Timestamp, signer: String, signature: String },
    /// An entry that was not linked yet.
    Waiting { entry: JournalEntry },
    /// An entry beside the chain.
    Stranger { entry: i64 },
    /// A waiting entry that is gone.
    Gone { entry: i64 },
    /// The last line.
    Head { number: i64, hash: String },
}

impl Line {
    pub(super) fn of_link(link: &Link, entry: Option<JournalEntry>) -> Self {
        let Link { number, entry_id, form, hash } = link;
        Self::Link { number: *number, entry_id: *entry_id, form: *form, hash: hash.to_string(), entry }
    }

    pub(super) fn of_seal(seal: &ChainSeal) -> Self {
        Self::Seal {
            number: seal.number,
            hash: seal.hash.to_string(),
            at: seal.at,
            signer: seal.signer.to_string(),
            signature: STANDARD.encode(&seal.signature),
        }
    }

    pub(super) fn of_head(head: ChainHead) -> Self {
        Self::Head { number: head.number, hash: head.hash.to_string() }
    }
}

pub(super) fn seal_of(
    number: i64,
    hash: &str,
    at: Timestamp,
    signer: &str,
    signature: &str,
) -> Result<ChainSeal> {
    let signature = STANDARD.decode(signature).context("read the signature of a seal")?;
    Ok(ChainSeal { number, hash: digest(hash)?, at, signer: digest(signer)?, signature })
}

pub(super) fn digest(text: &str) -> Result<Digest256> {
    Ok(text.parse::<Digest256>()?)
}

/// Reads one line after another; a line is bounded, the file is not.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    text: String,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(input: R) -> Self {
        Self { input, number: 0, text: String::new() }
    }

    pub(super) fn next(&mut self) -> Result<Option<Line>> {
        self.number += 1;
        self.text.clear();
        let number = self.number;
        let read = (&mut self.input).take(LINE_BYTES_MAX).read_line(&mut self.text);
        if read.with_context(|| format!("read line {number}"))? == 0 {
            return Ok(None);
        }
        if !self.text.ends_with('\n') {
            bail!("read line {number}: it does not end, so the file was cut");
        }
        let line = serde_json::from_str(&self.text);
        line.map(Some).with_context(|| format!("understand line {number}; the file is no exported journal"))
    }
}

pub(super) const VERSION: u32 = 1;
/// An entry is a few kilobytes; escapes make it six times as long at most.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
