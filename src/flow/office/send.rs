//! A document of a case leaves when a second person has approved exactly it (four eyes).

use super::cases::{claim_of, version};
use super::is_for;
use super::kept::read_case;
use crate::access::{Actor, Permit};
use crate::base::{DocumentId, Findings, from_json};
use crate::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use crate::exchange::canonical::{RecordId, State};
use crate::exchange::document::codec::case_root;
use crate::exchange::seal::sha256;
use crate::flow::compose::{Prepared, prepare};
use crate::flow::entry::{
    Approved, EntryError, Eyes, approval, ask_approval, decide_approval, note_approved,
};
use crate::flow::{Begin, Composed, Context, FlowError, Opening};
use crate::pension::CaseFile;
use crate::store::{
    CaseDraft, JournalDraft, case_draft_find, case_draft_put, case_entries, case_held, case_records,
    journal_append,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// A document that is to be sent, as a clerk wrote it.
pub struct ToSend<'a> {
    /// The version of the case that he saw.
    pub version: &'a str,
    /// To whom it goes.
    pub to: State,
    /// The document, as JSON.
    pub text: &'a str,
}

/// What came of asking for a document to be sent.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedToSend {
    /// It waits for a second person.
    Waits {
        /// The number of the approval.
        #[schemars(with = "String")]
        approval: Uuid,
    },
    /// The case has changed since he saw it.
    Changed,
    /// It is no document, or not of this case: why, without a value.
    Unread(String),
    /// The rules refuse it: all that is wrong with it.
    Unfit(#[schemars(with = "Vec<serde_json::Value>")] Findings),
}

/// A draft, for who may see its case.
#[derive(Clone, Serialize, JsonSchema)]
pub struct DraftView {
    /// Its number.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// Its case.
    #[schemars(with = "String")]
    pub case: RecordId,
    /// Of what kind it is.
    pub kind: String,
    /// To whom it is to go.
    #[schemars(with = "String")]
    pub to: State,
    /// The document.
    pub document: Value,
    /// SHA-256 of it, as the approval names it.
    pub sha256: String,
    /// Who wrote it.
    pub made_by: String,
    /// When.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It was approved, and is in the outbox.
    Sent(Composed),
    /// It stays here.
    Kept,
    /// It was not approved after all: the case does not let it be sent any more.
    Unfit(Findings),
}

/// Lets a document wait for a second person, once the rules would let it leave.
///
/// # Errors
/// The permit is for something else; the database does not answer; what is needed to send it is not configured.
pub async fn ask_to_send(
    permit: &Permit,
    case: &RecordId,
    to_send: &ToSend<'_>,
    ctx: &Context,
) -> Result<AskedToSend, EntryError> {
    if !is_for(permit, &["case-send"], case.as_str()) {
        return Err(EntryError::NotThere { what: "the case" });
    }
    let document: CaseDocument = match from_json(to_send.text.as_bytes()) {
        Ok(document) => document,
        Err(fault) => return Ok(AskedToSend::Unread(fault.to_string())),
    };
    if document.head().case.as_ref() != Some(case) {
        return Ok(AskedToSend::Unread("head.case names another case".to_owned()));
    }
    let mut tx = ctx.store.read().await?;
    let file = CaseFile::new(case_entries(&mut tx, case).await?);
    let (held, records) = (case_held(&mut tx, case).await?, case_records(&mut tx, case).await?);
    drop(tx);
    if version(&file, &held, &records) != to_send.version {
        return Ok(AskedToSend::Changed);
    }
    match ready(&document, to_send.to, ctx).await {
        Ok(_sealed) => {}
        Err(FlowError::Unlawful(findings)) => return Ok(AskedToSend::Unfit(findings)),
        Err(error) => return Err(error.into()),
    }
    let now = ctx.clock.now();
    let body =
        serde_json::to_string(&document).map_err(|_cause| EntryError::NotThere { what: "the draft" })?;
    let (id, made_by) = (ctx.random.id(now), permit.login().to_owned());
    let draft = CaseDraft { id, case: case.clone(), to: to_send.to, body, made_by, made_at: now };
    let mut tx = ctx.store.begin().await?;
    case_draft_put(&mut tx, &draft).await?;
    tx.commit().await?;
    // nothing of the person stands in what is approved: it is named by its digest
    let asked = json!({
        "case": case, "draft": id, "kind": document.kind(), "to": draft.to, "sha256": digest(&draft),
    });
    Ok(AskedToSend::Waits { approval: ask_approval(permit, &asked, ctx).await? })
}

/// A draft of a case, for who may see it; none if there is none.
///
/// # Errors
/// The database does not answer.
pub async fn draft_of(
    permit: &Permit,
    case: &RecordId,
    id: Uuid,
    ctx: &Context,
) -> Result<Option<DraftView>, FlowError> {
    if !is_for(permit, &["case-view", "case-send"], case.as_str()) {
        return Ok(None);
    }
    let found = case_draft_find(&mut ctx.store.read().await?, id).await?;
    Ok(found.filter(|draft| draft.case == *case).map(|draft| DraftView {
        id,
        sha256: digest(&draft),
        document: serde_json::from_str(&draft.body).unwrap_or_default(),
        kind: read(&draft).map_or_else(String::new, |document| document.kind().as_code().to_owned()),
        case: draft.case,
        to: draft.to,
        made_by: draft.made_by,
        made_at: draft.made_at,
    }))
}

/// Decides what waits; what is approved leaves in the same transaction, and nothing is approved that does not.
///
/// # Errors
/// He may not decide it, somebody has decided it before, or it is for another act; the database does not answer.
pub async fn decide_to_send(
    (permit, actor): (&Permit, &Actor),
    (id, eyes, reason): (Uuid, Eyes, &str),
    ctx: &Context,
) -> Result<Decided, EntryError> {
    let mut ready_to_go = None;
    if eyes == Eyes::Approve {
        let waiting = approval(permit, id, actor, ctx).await?;
        if waiting.command != COMMAND {
            return Err(EntryError::NotThere { what: "a document of a case to be sent" });
        }
        // who may not approve has nothing sealed; he is refused, and journalled, below
        if waiting.is_mine_to_decide {
            let draft = drafted(&waiting.body, ctx).await?;
            let document = read(&draft).ok_or(EntryError::NotThere { what: "the draft" })?;
            match ready(&document, draft.to, ctx).await {
                Ok(prepared) => ready_to_go = Some(prepared),
                Err(FlowError::Unlawful(findings)) => return Ok(Decided::Unfit(findings)),
                Err(error) => return Err(error.into()),
            }
        }
    }
    let mut tx = ctx.store.begin().await?;
    let decided = decide_approval(&mut tx, (permit, actor), (id, eyes, reason), ctx).await?;
    let approved = match decided {
        Ok(approved) => approved,
        Err(refused) => {
            tx.commit().await?; // the refusal is journalled
            return Err(refused);
        }
    };
    let (Some(approved), Some(prepared)) = (approved, ready_to_go) else {
        tx.commit().await?;
        return Ok(Decided::Kept);
    };
    let composed = match prepared.put(&mut tx).await {
        Ok(composed) => composed,
        // another document of the case was quicker: nothing is approved, and nothing leaves
        Err(FlowError::Unlawful(findings)) => return Ok(Decided::Unfit(findings)),
        Err(error) => return Err(error.into()),
    };
    journal_append(&mut tx, &told(&approved, &composed, ctx)).await?;
    note_approved(&mut tx, permit, &approved, ctx).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(Decided::Sent(composed))
}

/// What a clerk begins a document of a kind with: all that follows from its case. The rest is his to fill in.
///
/// # Errors
/// The database does not answer.
pub async fn begun_draft(
    permit: &Permit,
    case: &RecordId,
    (kind, about): (CaseDocumentKind, Option<DocumentId>),
    ctx: &Context,
) -> Result<Option<Value>, FlowError> {
    if !is_for(permit, &["case-draft", "case-send"], case.as_str()) {
        return Ok(None);
    }
    let file = CaseFile::new(case_entries(&mut ctx.store.read().await?, case).await?);
    let read = read_case(&file, ctx).await?;
    let documents = || read.iter().rev().filter_map(|it| it.document.as_ref());
    let Some(last) = documents().next() else { return Ok(None) };
    let own = documents().find(|document| document.head().state == ctx.state);
    let body = own.map_or_else(|| json!({ "name": "" }), |document| json!(document.head().body));
    let filing = documents().find_map(|document| document.head().filing.as_ref());
    let person = documents().find_map(CaseDocument::person);
    let mut head = json!({ "case": case, "state": ctx.state, "body": body });
    put(&mut head, "filing", json!(filing));
    put(&mut head, "about", json!(about));
    let mut begun = json!({ "document": kind.as_code(), "head": head });
    if last.person().is_some() || person.is_some() {
        put(&mut begun, "person", json!(person));
    }
    if let (CaseDocumentKind::PensionDecision, Some((entry, _))) = (kind, claim_of(&read)) {
        put(&mut begun, "kind", json!(entry.said.pensions.first()));
    }
    Ok(Some(begun))
}

/// Sets a member that has a value.
fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut().filter(|_| !value.is_null()) {
        object.insert(name.to_owned(), value);
    }
}

/// The document, sealed and judged by its case, not yet in the outbox.
async fn ready(document: &CaseDocument, to: State, ctx: &Context) -> Result<Prepared, FlowError> {
    let (_process, transaction) = ctx.catalogue.beginning_with_root(case_root(document.kind()))?;
    let opening = Opening::Case(document);
    prepare(Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None }, ctx).await
}

/// The draft that an approval names; not another, and not one that was changed.
async fn drafted(asked: &Value, ctx: &Context) -> Result<CaseDraft, EntryError> {
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let gone = || EntryError::NotThere { what: "the draft" };
    let id: Uuid = text("draft").parse().map_err(|_cause| gone())?;
    let found = case_draft_find(&mut ctx.store.read().await?, id).await?;
    found.filter(|draft| digest(draft) == text("sha256")).ok_or_else(gone)
}

fn read(draft: &CaseDraft) -> Option<CaseDocument> {
    serde_json::from_str(&draft.body).ok()
}

fn digest(draft: &CaseDraft) -> String {
    sha256(format!("{} {}", draft.to, draft.body).as_bytes()).to_string()
}

fn told(approved: &Approved, composed: &Composed, ctx: &Context) -> JournalDraft {
    let text = format!(
        "asked for by {}, approved by {} as {}",
        approved.asked_by(),
        approved.approved_by(),
        approved.id()
    );
    JournalDraft {
        document_id: Some(composed.document_id),
        conversation_id: Some(composed.conversation_id),
        ..JournalDraft::at(ctx.clock.now(), "approved", text)
    }
}

const COMMAND: &str = "case-send";
