//! A document that came or left, as the node keeps it, for the commands that print and recognise it.

use crate::base::{Digest256, DocumentId};
use crate::exchange::document::{Element, Scope};
use crate::exchange::seal::{OpenedDocument, SealError, open, open_within};
use crate::exchange::wire::Envelope;
use crate::node::Settings;
use crate::paper::Way;
use crate::store::{
    Direction, JournalBy, JournalRow, Tx, inbox_find, journal_list, ledger_find, outbox_of_document,
};
use anyhow::Result;

/// What a node has of a document.
pub(super) struct Kept {
    /// As it came or left: sealed, or not.
    pub(super) root: Element<'static>,
    /// The digest of what was sealed, as it was stored.
    pub(super) digest: Digest256,
    /// Whether the bytes are still those; attachments that are kept beside them are not looked at.
    pub(super) is_intact: bool,
    /// Which way it went.
    pub(super) way: Way,
    pub(super) peer: String,
    pub(super) direction: Direction,
    /// The action it was sent under.
    pub(super) action: String,
    /// Where it stands, in the word of the inbox or outbox.
    pub(super) state: String,
}

/// Finds a document among those that left and those that came.
pub(super) async fn find(id: DocumentId, tx: &mut Tx, settings: &Settings) -> Result<Option<Kept>> {
    let own = settings.state.as_code().to_owned();
    for peer in &settings.peers {
        let peer = peer.state.as_code().to_owned();
        if let Some(row) = outbox_of_document(tx, &peer, id).await? {
            let draft = row.draft;
            let root = Element::parse(&draft.body, &settings.limits)?.into_owned();
            return Ok(Some(Kept {
                is_intact: is_intact(&root, open(&draft.body, &settings.limits), draft.digest),
                root,
                digest: draft.digest,
                way: Way {
                    from: own,
                    to: peer.clone(),
                    conversation: Some(draft.conversation_id.as_uuid().to_string()),
                },
                peer,
                direction: Direction::Out,
                action: draft.action,
                state: row.state.to_string(),
            }));
        }
        let Some((row, digest)) = ledger_find(tx, &peer, id).await? else { continue };
        let Some(row) = inbox_find(tx, row).await? else { continue };
        let Envelope { body, scope, .. } = Envelope::read(&row.raw, &settings.limits)?;
        let bytes = row.raw.get(body).unwrap_or_default();
        let root = inside(bytes, &scope, settings)?.into_owned();
        return Ok(Some(Kept {
            is_intact: is_intact(&root, open_within(bytes, &scope, &settings.limits), digest),
            root,
            digest,
            way: Way {
                from: peer.clone(),
                to: own,
                conversation: row.conversation_id.map(|id| id.as_uuid().to_string()),
            },
            peer,
            direction: Direction::In,
            action: row.action,
            state: row.state.to_string(),
        }));
    }
    Ok(None)
}

/// What the journal tells of a document, and of the conversation it belongs to.
pub(super) async fn journey(id: DocumentId, kept: &Kept, tx: &mut Tx) -> Result<Vec<JournalRow>> {
    let conversation = kept.way.conversation.as_ref().and_then(|id| id.parse().ok());
    let by = conversation.map_or(JournalBy::Document(id), JournalBy::Conversation);
    Ok(journal_list(tx, by, 0, ENTRIES_MAX).await?)
}

/// Whether what was opened has the digest that was stored. Without a seal there is nothing to compare with, and none can be
/// made where attachments are kept elsewhere.
fn is_intact(root: &Element, opened: Result<OpenedDocument, SealError>, stored: Digest256) -> bool {
    root.local != SIGNED
        || match opened.and_then(|opened| opened.claimed_digest()) {
            Ok(found) => found == stored,
            Err(error) => matches!(error, SealError::NoPart { .. }),
        }
}

fn inside<'d>(body: &'d [u8], scope: &'d Scope, settings: &Settings) -> Result<Element<'d>> {
    Ok(Element::parse_within(body, scope, &settings.limits)?)
}

/// The root of a document with its signature.
pub(super) const SIGNED: &str = "SignedDoc";
const ENTRIES_MAX: u32 = 1_000;
