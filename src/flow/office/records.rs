//! Which insurance records a case rests on. A record names no case: a clerk has them looked for, or names the conversation.

use super::is_for;
use super::kept::{Kept, read_case};
use crate::access::Permit;
use crate::base::{ConversationId, DocumentId};
use crate::exchange::canonical::job::JobDocumentKind;
use crate::exchange::canonical::{InsuranceRecord, Person, RecordId};
use crate::exchange::document::codec::job_root;
use crate::exchange::rules::{Carries, MessageKind};
use crate::exchange::transit::{Action, MessageCode};
use crate::flow::{Context, FlowError, conversation_of, person_digests};
use crate::pension::CaseFile;
use crate::store::{
    CaseRecord, JournalDraft, Role, case_entries, case_record_drop, case_record_put, case_records,
    documents_of_conversation, journal_append, person_fill, person_refs, record_candidates,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// What came of looking for records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gathered {
    /// How many records of anybody were looked at.
    pub looked_at: usize,
    /// How many are about the person of the case.
    pub found: usize,
    /// How many of them were not in the case before.
    pub put: usize,
    /// Whether older conversations were left out.
    pub is_cut: bool,
}

/// What came of naming a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Linked {
    /// Its record is in the case now.
    Now,
    /// It was before.
    Before,
    /// There is no such conversation, or no record came in it.
    NoRecord,
    /// Its record is about somebody else.
    OtherPerson,
}

/// A record that came, and where.
pub(super) struct CameRecord {
    pub(super) peer: String,
    pub(super) document_id: DocumentId,
    pub(super) conversation_id: ConversationId,
    pub(super) record: InsuranceRecord,
}

/// Looks among the records that came last for those about the person of a case, and puts them into it; none if there is no
/// such case, or no document of it tells of a person.
///
/// # Errors
/// The database does not answer.
pub async fn gather_records(
    permit: &Permit,
    case: &RecordId,
    ctx: &Context,
) -> Result<Option<Gathered>, FlowError> {
    if !is_for(permit, &["case-workbench"], case.as_str()) {
        return Ok(None);
    }
    let Some(person) = person_of(case, ctx).await? else { return Ok(None) };
    let mut gathered = Gathered::default();
    let mut tx = ctx.store.read().await?;
    let fills = person_fill(&mut tx).await?;
    let is_noted = fills.iter().all(|fill| fill.place >= fill.last);
    if is_noted {
        // every document is noted by whom it is about: only his are read
        let subjects = person_digests(&person, &ctx.entry)?;
        let refs = person_refs(&mut tx, &subjects, LOOKED_AT_MAX).await?;
        drop(tx);
        gathered.is_cut = refs.len() >= usize::try_from(LOOKED_AT_MAX).unwrap_or(usize::MAX);
        let conversations: BTreeSet<_> = refs.iter().filter_map(|of| of.conversation_id).collect();
        for conversation in conversations {
            let Some(known) = conversation_of(conversation, ctx).await? else { continue };
            gather((permit, case, &person), (&known.peer, conversation), &mut gathered, ctx).await?;
        }
        if gathered.found > 0 {
            return Ok(Some(gathered));
        }
    } else {
        drop(tx);
    }
    // a name that is only alike is found among the latest, by reading them
    let limit = if is_noted { ALIKE_MAX } else { LOOKED_AT_MAX };
    let begins = [
        (ctx.catalogue.beginning_with(Carries::Inquiry), Role::Initiator),
        (ctx.catalogue.beginning_with(Carries::InsuranceRecord), Role::Respondent),
        (ctx.catalogue.beginning_with_root(job_root(JobDocumentKind::EmploymentRecord)), Role::Respondent),
    ];
    for (begins, role) in begins {
        let Ok((_process, transaction)) = begins else { continue };
        let code = transaction.code.clone();
        let found = record_candidates(&mut ctx.store.read().await?, &code, role, limit).await?;
        gathered.is_cut |= found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        for candidate in found {
            let of = (candidate.peer.as_str(), candidate.conversation_id);
            gather((permit, case, &person), of, &mut gathered, ctx).await?;
        }
    }
    Ok(Some(gathered))
}

/// Puts the records of a conversation that are about a person into his case.
async fn gather(
    (permit, case, person): (&Permit, &RecordId, &Person),
    (peer, conversation): (&str, ConversationId),
    gathered: &mut Gathered,
    ctx: &Context,
) -> Result<(), FlowError> {
    for came in records_in(peer, conversation, ctx).await? {
        gathered.looked_at += 1;
        if came.record.person.is_same(person) {
            gathered.found += 1;
            gathered.put += usize::from(put(permit, case, &came, ctx).await?);
        }
    }
    Ok(())
}

/// Puts the record that came in a conversation into a case; none if there is no such case.
///
/// # Errors
/// The database does not answer.
pub async fn link_record(
    permit: &Permit,
    case: &RecordId,
    conversation: ConversationId,
    ctx: &Context,
) -> Result<Option<Linked>, FlowError> {
    if !is_for(permit, &["case-workbench"], case.as_str()) {
        return Ok(None);
    }
    let Some(person) = person_of(case, ctx).await? else { return Ok(None) };
    let Some(known) = conversation_of(conversation, ctx).await? else { return Ok(Some(Linked::NoRecord)) };
    let mut linked = Linked::NoRecord;
    for came in records_in(&known.peer, conversation, ctx).await? {
        if !came.record.person.is_same(&person) {
            return Ok(Some(Linked::OtherPerson));
        }
        linked = if put(permit, case, &came, ctx).await? { Linked::Now } else { Linked::Before };
    }
    Ok(Some(linked))
}

/// Takes a record out of a case; false if it is not there. The record itself stays.
///
/// # Errors
/// The database does not answer.
pub async fn unlink_record(
    permit: &Permit,
    case: &RecordId,
    document: DocumentId,
    ctx: &Context,
) -> Result<bool, FlowError> {
    if !is_for(permit, &["case-workbench"], case.as_str()) {
        return Ok(false);
    }
    let mut tx = ctx.store.begin().await?;
    let is_out = case_record_drop(&mut tx, case, document).await?;
    if is_out {
        let text = format!("case {}: a record is taken out by {}", case.as_str(), permit.login());
        let entry = JournalDraft::at(ctx.clock.now(), "case_record", text);
        journal_append(&mut tx, &JournalDraft { document_id: Some(document), ..entry }).await?;
    }
    tx.commit().await?;
    Ok(is_out)
}

/// The records of a case, with what they say; what cannot be read any more is without.
pub(super) async fn records_of(
    case: &RecordId,
    ctx: &Context,
) -> Result<Vec<(CaseRecord, Option<InsuranceRecord>)>, FlowError> {
    let listed = case_records(&mut ctx.store.read().await?, case).await?;
    let mut records = Vec::new();
    for one in listed {
        let kept = Kept::came(&one.peer, one.document_id, ctx).await?;
        let record = match kept {
            Some(kept) => kept.record(ctx).await?,
            None => None,
        };
        records.push((one, record));
    }
    Ok(records)
}

/// The records that a peer sent in a conversation and that are settled.
pub(super) async fn records_in(
    peer: &str,
    conversation_id: ConversationId,
    ctx: &Context,
) -> Result<Vec<CameRecord>, FlowError> {
    let came = documents_of_conversation(&mut ctx.store.read().await?, conversation_id, peer).await?;
    let mut records = Vec::new();
    for one in came.into_iter().filter(|one| carries_record(&one.action, ctx)) {
        let Some(kept) = Kept::came(peer, one.document_id, ctx).await? else { continue };
        let Some(record) = kept.record(ctx).await? else { continue };
        let (peer, document_id) = (peer.to_owned(), one.document_id);
        records.push(CameRecord { peer, document_id, conversation_id, record });
    }
    Ok(records)
}

fn carries_record(action: &str, ctx: &Context) -> bool {
    let Ok(Action { process, message: MessageCode::Application(code), .. }) = action.parse::<Action>() else {
        return false;
    };
    let message = ctx.catalogue.process(&process).and_then(|process| process.message(&code));
    let is_employment = |message: &MessageKind| {
        job_root(JobDocumentKind::EmploymentRecord) == (message.root.as_str(), message.namespace.as_str())
    };
    message.is_ok_and(|message| message.carries == Carries::InsuranceRecord || is_employment(message))
}

async fn person_of(case: &RecordId, ctx: &Context) -> Result<Option<Person>, FlowError> {
    let file = CaseFile::new(case_entries(&mut ctx.store.read().await?, case).await?);
    let read = read_case(&file, ctx).await?;
    Ok(read.iter().rev().find_map(|it| it.document.as_ref()?.person()).cloned())
}

/// Puts a record into a case and journals it; false if it is there already.
async fn put(permit: &Permit, case: &RecordId, came: &CameRecord, ctx: &Context) -> Result<bool, FlowError> {
    let now = ctx.clock.now();
    let record = CaseRecord {
        document_id: came.document_id,
        conversation_id: came.conversation_id,
        peer: came.peer.clone(),
        put_at: now,
        put_by: permit.login().to_owned(),
    };
    let mut tx = ctx.store.begin().await?;
    let is_new = case_record_put(&mut tx, case, &record).await?;
    if is_new {
        let text = format!("case {}: a record is put in by {}", case.as_str(), permit.login());
        let entry = JournalDraft::at(now, "case_record", text);
        let (document_id, conversation_id) = (Some(came.document_id), Some(came.conversation_id));
        journal_append(&mut tx, &JournalDraft { document_id, conversation_id, ..entry }).await?;
        tx.commit().await?;
    }
    Ok(is_new)
}

/// Conversations that are looked at in one search.
const LOOKED_AT_MAX: u32 = 500;
/// The same where all that is about the person by his numbers or name was looked at before.
const ALIKE_MAX: u32 = 100;
