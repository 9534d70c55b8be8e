//! A document that came or left, as the node keeps it, for the commands that print and recognise it.

use crate::base::{Digest256, DocumentId};
use crate::exchange::document::{Element, Scope};
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
    pub(super) root: Element,
    /// The digest of what was sealed.
    pub(super) digest: Digest256,
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
            return Ok(Some(Kept {
                root: Element::parse(&draft.body, &settings.limits)?,
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
        return Ok(Some(Kept {
            root: inside(row.raw.get(body).unwrap_or_default(), &scope, settings)?,
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

fn inside(body: &[u8], scope: &Scope, settings: &Settings) -> Result<Element> {
    Ok(Element::parse_within(body, scope, &settings.limits)?)
}

const ENTRIES_MAX: u32 = 1_000;
