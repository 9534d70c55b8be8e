//! The messages of the synchronisation between nodes (`labour.md` §5.3), and the judgement of what a peer says: a page must go
//! on from where it was asked, or it would be asked for without end.

use super::words::words;
use crate::base::{Code, Digest256};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

words! {
    /// What a stream is of.
    StreamKind {
        /// Posts.
        Vacancy = "vacancy",
        /// Pseudonymous profiles.
        Profile = "profile",
    }
}

words! {
    /// What became of a record.
    ChangeKind {
        /// It was published after the number that was asked from.
        Created = "created",
        /// It was published before that number and is another now; whoever has it not takes it all the same.
        Modified = "modified",
        /// It is open no more.
        Closed = "closed",
        /// Nothing of it may be kept.
        Erased = "erased",
    }
}

impl ChangeKind {
    /// Whether there is a content to be asked for.
    pub fn has_content(&self) -> bool {
        match self {
            Self::Created | Self::Modified => true,
            Self::Closed | Self::Erased => false,
        }
    }
}

/// Where the calls go: below this path of the door for the peers.
pub const SYNC_PATH: &str = "/sync/v1";

/// By which header, and with which first word, a caller says whose node it is; its certificate must say the same.
pub const NODE_SCHEME: &str = "Stazh-Node";

/// The answer to a ping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Whose node it is.
    pub node: String,
    /// Its streams for the caller.
    pub streams: BTreeMap<StreamKind, StreamHead>,
    /// The versions of this protocol that it speaks.
    pub schema_versions: Vec<u32>,
}

/// Where a stream stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamHead {
    /// Another one after the node's database was restored: then everything is taken anew.
    pub stream_epoch: String,
    /// The number of the last change.
    pub head_seq: u64,
}

/// A page of what is there now, by the numbers of the changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPage {
    /// Of which stream.
    pub head: StreamHead,
    /// What is there, in the order of `seq`.
    pub items: Vec<SnapshotItem>,
    /// Where the next page begins.
    pub next_cursor: u64,
    /// Whether there is one.
    pub has_more: bool,
}

/// A record that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotItem {
    /// The number of its last change.
    pub seq: u64,
    /// Which record.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The SHA-256 of its content.
    pub hash: Digest256,
}

/// A page of changes after a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePage {
    /// Of which stream.
    pub head: StreamHead,
    /// The changes, in the order of `seq`; a record stands once, with the last that became of it.
    pub changes: Vec<Change>,
    /// From where to ask next.
    pub next_seq: u64,
    /// Whether there is more.
    pub has_more: bool,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its number: numbers of a stream grow in the order of commits.
    pub seq: u64,
    /// Which record.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What.
    pub kind: ChangeKind,
    /// The SHA-256 of the content, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Digest256>,
    /// When.
    pub at: Timestamp,
}

/// A question for contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetailsAsked {
    /// Of which stream.
    pub stream: StreamKind,
    /// Of which records.
    pub refs: Vec<String>,
}

/// The contents, each record by itself: what is wrong with one takes nothing from the others (D5).
#[derive(Debug, Serialize, Deserialize)]
pub struct Details {
    /// In the order of the question; what did not fit is not there, and is asked for again.
    pub results: Vec<Detail>,
}

/// What is known of one record.
#[derive(Debug, Serialize)]
pub struct Detail {
    /// Which.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What came of the question.
    #[serde(flatten)]
    pub outcome: DetailOutcome,
}

/// What came of the question for one record.
#[derive(Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum DetailOutcome {
    /// It is here.
    Ok {
        /// As JSON; its bytes make the hash.
        content: Box<RawValue>,
        /// Its SHA-256.
        hash: Digest256,
        /// Until when it may be kept, if that is limited.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// There is none for the caller.
    NotFound,
    /// It is closed or erased, or its consent has ended.
    Closed,
    /// It could not be served.
    Failed {
        /// A stable code.
        reason: String,
    },
}

/// A record as it comes. The bytes of a content survive in a plain struct alone: a tagged or flattened one is read through a buffer that
/// does not hold them.
#[derive(Deserialize)]
struct DetailRead {
    #[serde(rename = "ref")]
    reference: String,
    result: String,
    #[serde(default)]
    content: Option<Box<RawValue>>,
    #[serde(default)]
    hash: Option<Digest256>,
    #[serde(default)]
    until: Option<Timestamp>,
    #[serde(default)]
    reason: Option<String>,
}

impl<'de> Deserialize<'de> for Detail {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let DetailRead { reference, result, content, hash, until, reason } =
            DetailRead::deserialize(deserializer)?;
        let outcome = match result.as_str() {
            "ok" => DetailOutcome::Ok {
                content: content.ok_or_else(|| D::Error::missing_field("content"))?,
                hash: hash.ok_or_else(|| D::Error::missing_field("hash"))?,
                until,
            },
            "not_found" => DetailOutcome::NotFound,
            "closed" => DetailOutcome::Closed,
            "failed" => {
                DetailOutcome::Failed { reason: reason.ok_or_else(|| D::Error::missing_field("reason"))? }
            }
            _ => return Err(D::Error::custom("result is none of ok, not_found, closed, failed")),
        };
        Ok(Self { reference, outcome })
    }
}

/// A peer confirms that it has applied all changes up to a number, erasures among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncReceipt {
    /// Of which stream.
    pub stream: StreamKind,
    /// In which epoch.
    pub stream_epoch: String,
    /// Up to which change.
    pub seq: u64,
    /// When it had them applied.
    pub applied_at: Timestamp,
    /// How many erasures were of records that it never had.
    #[serde(default)]
    pub unknown: u64,
    /// Its signature over [`SyncReceipt::sentence`], in base64, by the key of its seals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The certificate of that key, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

impl SyncReceipt {
    /// What is signed.
    pub fn sentence(&self, from: &str, to: &str) -> String {
        let Self { stream, stream_epoch, seq, applied_at, .. } = self;
        format!(
            "sync receipt: {from} applied the {} stream of {to}, epoch {stream_epoch}, up to {seq} at {applied_at}",
            stream.as_str()
        )
    }
}

/// A page that cannot be gone on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// A number is not above the one before it.
    #[error("go on with a page whose numbers do not grow")]
    NotGrowing,
    /// It says that there is more and does not go on.
    #[error("go on with a page that says there is more and leads nowhere")]
    Repeats,
    /// It holds more than was asked for.
    #[error("take a page of more records than were asked for")]
    TooLong,
    /// A record has no hash though it has a content, or the other way round, or a name that is too long.
    #[error("take a change whose hash or name is not lawful")]
    Unfit,
    /// Its end is beyond the head of the stream, or before its own last record.
    #[error("go on with a page whose end does not fit its records")]
    End,
}

impl PageFault {
    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::NotGrowing | Self::Repeats | Self::TooLong | Self::End => "labour.sync_stuck",
            Self::Unfit => "labour.sync_reply",
        }
    }
}

impl ChangePage {
    /// Whether it goes on from where it was asked.
    ///
    /// # Errors
    /// Numbers that do not grow, an end that leads nowhere, a change that makes no sense.
    pub fn judge(&self, since: u64, limit: u32) -> Result<(), PageFault> {
        let fit = |change: &Change| {
            change.kind.has_content() == change.hash.is_some() && is_name(&change.reference)
        };
        if !self.changes.iter().all(fit) {
            return Err(PageFault::Unfit);
        }
        let seqs = self.changes.iter().map(|change| change.seq);
        judge(seqs, since, limit, (self.next_seq, self.head.head_seq, self.has_more))
    }
}

impl SnapshotPage {
    /// The same of a page of what is there.
    ///
    /// # Errors
    /// As [`ChangePage::judge`].
    pub fn judge(&self, cursor: u64, limit: u32) -> Result<(), PageFault> {
        if !self.items.iter().all(|item| is_name(&item.reference)) {
            return Err(PageFault::Unfit);
        }
        let seqs = self.items.iter().map(|item| item.seq);
        judge(seqs, cursor, limit, (self.next_cursor, self.head.head_seq, self.has_more))
    }
}

fn judge(
    seqs: impl ExactSizeIterator<Item = u64>,
    since: u64,
    limit: u32,
    (next, head, has_more): (u64, u64, bool),
) -> Result<(), PageFault> {
    if u32::try_from(seqs.len()).unwrap_or(u32::MAX) > limit {
        return Err(PageFault::TooLong);
    }
    let mut last = since;
    for seq in seqs {
        if seq <= last {
            return Err(PageFault::NotGrowing);
        }
        last = seq;
    }
    if has_more && next <= since {
        return Err(PageFault::Repeats);
    }
    if next < last || next > head.max(since) {
        return Err(PageFault::End);
    }
    Ok(())
}

/// Whether a reference is short and plain enough to be kept and told.
pub fn is_name(reference: &str) -> bool {
    (1..=REF_BYTES_MAX).contains(&reference.len()) && !reference.chars().any(char::is_control)
}

const REF_BYTES_MAX: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn change(seq: u64) -> Change {
        Change {
            seq,
            reference: format!("r{seq}"),
            kind: ChangeKind::Created,
            hash: Some(Digest256([1; 32])),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn page(seqs: &[u64], next_seq: u64, head_seq: u64, has_more: bool) -> ChangePage {
        let head = StreamHead { stream_epoch: "e".to_owned(), head_seq };
        ChangePage { head, changes: seqs.iter().copied().map(change).collect(), next_seq, has_more }
    }

    #[test]
    fn a_page_that_leads_nowhere_is_refused() {
        assert_eq!(page(&[4, 6], 6, 9, true).judge(3, 2), Ok(()));
        assert_eq!(page(&[], 9, 9, false).judge(9, 2), Ok(()));
        assert_eq!(page(&[4, 4], 4, 9, true).judge(3, 2), Err(PageFault::NotGrowing));
        assert_eq!(page(&[3], 3, 9, true).judge(3, 2), Err(PageFault::NotGrowing));
        assert_eq!(page(&[], 3, 9, true).judge(3, 2), Err(PageFault::Repeats));
        assert_eq!(page(&[4, 5, 6], 6, 9, true).judge(3, 2), Err(PageFault::TooLong));
        assert_eq!(page(&[4], 3, 9, false).judge(3, 2), Err(PageFault::End));
        assert_eq!(page(&[4], 10, 9, false).judge(3, 2), Err(PageFault::End));
        let mut bare = page(&[4], 4, 9, false);
        bare.changes[0].hash = None;
        assert_eq!(bare.judge(3, 2), Err(PageFault::Unfit));
        bare.changes[0].kind = ChangeKind::Erased;
        assert_eq!(bare.judge(3, 2), Ok(()));
    }

    proptest! {
        /// Whoever is believed comes to an end: the place to go on from grows with each page that says there is more.
        #[test]
        fn whoever_is_believed_comes_to_an_end(
            seqs in proptest::collection::vec(0..50_u64, 0..6), next in 0..60_u64, head in 0..50_u64,
            more: bool, since in 0..50_u64,
        ) {
            if page(&seqs, next, head, more).judge(since, 5).is_ok() {
                prop_assert!(!more || next > since);
                prop_assert!(next <= head.max(since));
            }
        }
    }
}
