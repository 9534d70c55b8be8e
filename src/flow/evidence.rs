//! Gathers what shows what became of one document: itself, its envelope, what our third party answered, and the journal.

use super::parts::parts_by_name;
use super::third_party::Whole;
use super::time_stamp::{ask, stamp_now};
use super::{Context, FlowError};
use crate::base::DocumentId;
use crate::exchange::document::Scope;
use crate::exchange::seal::{
    EVIDENCE_ANSWER, EVIDENCE_DOCUMENT, EVIDENCE_QUESTION, EVIDENCE_RECORD, EvidenceQuestion, Grounding,
    Packed, Signer, TrustStore, grounds,
};
use crate::exchange::wire::Envelope;
use crate::store::{
    JournalBy, PartOf, inbox_find, journal_list, ledger_first, outbox_of_document, receipt_find,
    time_stamp_find,
};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The evidence container of a document.
#[derive(Debug)]
pub struct Evidence {
    /// The container.
    pub container: Vec<u8>,
    /// Why there is no time stamp in it that should be.
    pub unstamped: Option<FlowError>,
}

/// The evidence container of a document that came or left, signed by our seal; nothing if there is no such document.
///
/// # Errors
/// The database does not answer, or the document cannot be read any more.
pub async fn evidence_of(document: DocumentId, ctx: &Context) -> Result<Option<Evidence>, FlowError> {
    let mut files = BTreeMap::new();
    let mut tx = ctx.store.read().await?;
    let (mut came, mut left) = (None, None);
    for peer in ctx.peers.names() {
        if came.is_none()
            && let Some(id) = ledger_first(&mut tx, &peer, document).await?
        {
            came = inbox_find(&mut tx, id).await?;
        }
        if left.is_none() {
            left = outbox_of_document(&mut tx, &peer, document).await?;
        }
    }
    let mut keep = |name: &str, content: Vec<u8>| files.insert(name.to_owned(), content);
    let (body, scope, of) = match (&came, &left) {
        (Some(row), _) => {
            if let Some(receipt) = receipt_find(&mut tx, row.id).await? {
                let asked = EvidenceQuestion {
                    question: receipt.question,
                    asked_at: receipt.asked_at,
                    came_at: receipt.came_at,
                };
                keep(EVIDENCE_QUESTION, asked.to_json());
                keep(EVIDENCE_ANSWER, receipt.answer);
            }
            let envelope = Envelope::read(&row.raw, &ctx.limits)?;
            let body = row.raw.get(envelope.body.clone()).unwrap_or_default().to_vec();
            keep("envelope.xml", row.raw.clone());
            (body, envelope.scope, PartOf::Inbox(row.id))
        }
        (None, Some(row)) => (row.draft.body.clone(), Scope::default(), PartOf::Outbox(row.id)),
        (None, None) => return Ok(None),
    };
    let record = time_stamp_find(&mut tx, of).await?;
    let conversation = match (&came, &left) {
        (Some(row), _) => row.conversation_id,
        (None, row) => row.as_ref().map(|row| row.draft.conversation_id),
    };
    let by = conversation.map_or(JournalBy::Document(document), JournalBy::Conversation);
    let mut entries = Vec::new();
    for row in journal_list(&mut tx, by, 0, ENTRIES_MAX).await? {
        let entry = row.entry;
        entries.push(serde_json::json!({
            "at": entry.at, "kind": entry.kind, "code": entry.code, "peer": entry.peer,
            "action": entry.action, "detail": entry.detail,
            "conversation": entry.conversation_id.map(|id| id.as_uuid().to_string()),
        }));
    }
    tx.commit().await?;
    keep("journal.json", format!("{:#}\n", serde_json::Value::from(entries)).into_bytes());
    let made_by = serde_json::json!({
        "program": concat!("stazh ", env!("CARGO_PKG_VERSION")), "state": ctx.state, "rules": ctx.rules.versions(),
    });
    keep("made-by.json", format!("{made_by:#}\n").into_bytes());
    let parts = parts_by_name(of, ctx).await?;
    let whole = Whole::of(&body, &scope, &parts, ctx)?;
    let pieces: Vec<_> = whole.stream(&ctx.store).try_collect().await.map_err(|error| FlowError::Local {
        verdict: crate::base::Verdict::Retry { not_before: None },
        detail: error.to_string(),
    })?;
    let document = pieces.concat();
    let (peer, now) = (came.as_ref().map(|row| row.peer.as_str()), ctx.clock.now());
    let answer = files.get(EVIDENCE_ANSWER).cloned();
    files.extend(grounds_of((&document, answer.as_deref()), peer, now, ctx)?);
    files.insert(EVIDENCE_DOCUMENT.to_owned(), document);
    let mut unstamped = None;
    let mut record = record.map(|kept| kept.record);
    if let (None, Some(own)) = (&record, &ctx.time_stamps) {
        match stamp_now(of, &whole, own, ctx).await {
            Ok(kept) => record = Some(kept.record),
            Err(error) => unstamped = Some(error),
        }
    }
    if let Some(record) = record {
        files.insert(EVIDENCE_RECORD.to_owned(), record);
    }
    let mut packed = Packed::sign(files, ctx.signers.get().first()?, now)?;
    if let (None, Some(own)) = (&unstamped, &ctx.time_stamps) {
        // the signature of the container is younger than the document's time stamp, and has one of its own
        match ask(packed.imprint()?, own, ctx).await {
            Ok(stamp) => packed = packed.stamped(&stamp)?,
            Err(error) => unstamped = Some(error),
        }
    }
    Ok(Some(Evidence { container: packed.into_bytes()?, unstamped }))
}

/// The certificates behind a document and its receipt, and what is known of their being revoked.
fn grounds_of(
    (document, answer): (&[u8], Option<&[u8]>),
    peer: Option<&str>,
    now: Timestamp,
    ctx: &Context,
) -> Result<BTreeMap<String, Vec<u8>>, FlowError> {
    let signers = ctx.signers.get();
    let signer = signers.first()?;
    // our own authority is in our own chain, and nowhere else in the settings
    let chains = signers.all().iter().map(Signer::chain_pem).collect::<Result<Vec<_>, _>>()?;
    let own = TrustStore::from_pem(&chains.concat()).ok().map(|own| ctx.with_statuses(own));
    let peers = peer.and_then(|peer| Some(ctx.peers.of_name(peer).ok()?.trust.as_ref()?.get()));
    let third = ctx.third_party.as_ref().map(|third| third.trust.get());
    let grounding = Grounding {
        trusts: own.iter().chain(peers.as_deref()).collect(),
        receipts: third.as_deref(),
        own: signer,
    };
    Ok(grounds(document, answer, &grounding, now, &ctx.limits)?)
}

/// As many entries of the journal as a person reads.
const ENTRIES_MAX: u32 = 10_000;
