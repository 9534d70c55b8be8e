//! One case: its documents, what waits for whom until when, and what may be sent next.

use super::is_for;
use super::kept::{ReadEntry, read_case};
use crate::access::Permit;
use crate::base::{ConversationId, DocumentId, Language};
use crate::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use crate::exchange::canonical::{Person, RecordId, State};
use crate::exchange::seal::sha256;
use crate::flow::facts::today;
use crate::flow::{Context, FlowError};
use crate::pension::{
    Branch, CaseEntry, CaseFile, CaseSort, CaseStage, Lacking, Provisional, Said, Standing, TermBook,
    Waiting, agreement, answers_to, is_overdue, judge,
};
use crate::store::{
    ApprovalRow, CasePage, CaseRecord, approvals_of, case_entries, case_held, case_pages, case_records,
    case_voided,
};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// Whose node looks at cases, by which terms, on which day, in which language.
#[derive(Clone, Copy)]
pub(super) struct Look<'b> {
    pub(super) ours: State,
    pub(super) book: &'b TermBook,
    pub(super) today: Date,
    pub(super) language: Language,
}

/// What waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Wait {
    /// The document that asks.
    #[schemars(with = "String")]
    pub document_id: DocumentId,
    /// Its kind.
    #[schemars(with = "String")]
    pub kind: CaseDocumentKind,
    /// Who asks.
    #[schemars(with = "String")]
    pub asks: State,
    /// Whose turn it is.
    #[schemars(with = "String")]
    pub who: State,
    /// Whether that is us.
    pub is_ours: bool,
    /// Since when.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// The last day of the term; none where there is no term.
    #[schemars(with = "Option<String>")]
    pub due_on: Option<Date>,
    /// Days until then, today not counted; negative once it is over.
    pub days_left: Option<i64>,
    /// Whether it is over.
    pub is_overdue: bool,
    /// By which act or agreement; none where the document names its day itself.
    pub basis: Option<String>,
    /// Days on the way, which are no part of the term (T9).
    pub transit_days: i32,
    /// How often it was reminded of.
    pub reminders: usize,
}

/// A case.
#[derive(Clone, Serialize, JsonSchema)]
pub struct CaseView {
    /// Its number.
    #[schemars(with = "String")]
    pub case: RecordId,
    /// By which a page knows that the case has not changed since it was shown.
    pub version: String,
    /// The day it was looked at, in UTC.
    #[schemars(with = "String")]
    pub today: Date,
    /// What it is about.
    pub sort: CaseSort,
    /// For what is claimed in it.
    pub branches: Vec<Branch>,
    /// How far it is.
    pub stage: CaseStage,
    /// Where the claim was filed.
    #[schemars(with = "Option<String>")]
    pub filed_in: Option<State>,
    /// When, as it was written (T8).
    pub filed_at: Option<String>,
    /// Whom it is about, as its last document that says so has it.
    pub person: Option<PersonView>,
    /// Its documents that count, in their order.
    pub documents: Vec<DocumentView>,
    /// What came and counts when its transaction is complete.
    pub held: Vec<DocumentView>,
    /// What left and had no effect: the peer refused it, or its transaction was cancelled.
    pub without_effect: Vec<DocumentView>,
    /// What waits for its answer, what is due first before the others.
    pub waits: Vec<Wait>,
    /// A hint, which decides nothing: that a provisional award is possible.
    #[schemars(with = "Option<serde_json::Value>")]
    pub provisional: Option<Provisional>,
    /// Hints, which decide nothing: what a claim rests on beside service, and nobody has told.
    pub lacks: Vec<Lacking>,
    /// Pages on paper that were noted in it.
    pub pages: Vec<PageView>,
    /// The insurance records that it rests on.
    pub records: Vec<RecordView>,
    /// What may be sent next; first what is our turn.
    pub next: Vec<Next>,
    /// What was asked to be sent, the latest first.
    pub sendings: Vec<Sending>,
}

/// A document that a clerk asked to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sending {
    /// The number of the approval.
    #[schemars(with = "String")]
    pub approval: Uuid,
    /// The number of the draft.
    pub draft: String,
    /// The kind of document.
    pub kind: String,
    /// To whom it is to go.
    pub to: String,
    /// waiting, approved, rejected or withdrawn.
    pub state: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    #[schemars(with = "String")]
    pub asked_at: Timestamp,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// Whom a case is about.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonView {
    /// Family name, given name, patronymic.
    pub name: String,
    /// The day of birth.
    #[schemars(with = "String")]
    pub birth_date: Date,
    /// The numbers: kind and value.
    pub numbers: Vec<(String, String)>,
    /// Citizenships.
    pub citizenships: Vec<String>,
}

/// A document of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentView {
    /// Which.
    #[schemars(with = "String")]
    pub document_id: DocumentId,
    /// The run of the transaction that carried it, if that is known.
    #[schemars(with = "Option<String>")]
    pub conversation_id: Option<ConversationId>,
    /// Of what kind.
    #[schemars(with = "String")]
    pub kind: CaseDocumentKind,
    /// Who wrote it.
    #[schemars(with = "String")]
    pub from: State,
    /// To whom.
    #[schemars(with = "String")]
    pub to: State,
    /// The document that it is about or answers.
    #[schemars(with = "Option<String>")]
    pub about: Option<DocumentId>,
    /// When it left or came.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What became of it.
    #[schemars(with = "Option<String>")]
    pub standing: Option<Standing>,
    /// The pensions it is about.
    pub pensions: Vec<String>,
    /// What it decides.
    pub decision: Option<String>,
    /// Until when it wants an answer, if it says so itself.
    #[schemars(with = "Option<String>")]
    pub due_on: Option<Date>,
}

/// A page on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageView {
    /// The document that it is a page of.
    #[schemars(with = "String")]
    pub document_id: DocumentId,
    /// Which page, from 1.
    pub page: u32,
    /// Of how many.
    pub pages: u32,
    /// When it was noted.
    #[schemars(with = "String")]
    pub noted_at: Timestamp,
}

/// An insurance record that a case rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordView {
    /// The document that brought it.
    #[schemars(with = "String")]
    pub document_id: DocumentId,
    /// The run of the transaction that brought that.
    #[schemars(with = "String")]
    pub conversation_id: ConversationId,
    /// The state that sent it.
    pub peer: String,
    /// When it was put into the case.
    #[schemars(with = "String")]
    pub put_at: Timestamp,
    /// By whom.
    pub put_by: String,
}

/// A document that may be sent next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Next {
    /// Its kind.
    #[schemars(with = "String")]
    pub kind: CaseDocumentKind,
    /// To whom; empty where any peer may be told.
    #[schemars(with = "Vec<String>")]
    pub to: Vec<State>,
    /// The document that it would answer.
    #[schemars(with = "Option<String>")]
    pub answers: Option<DocumentId>,
    /// By which day.
    #[schemars(with = "Option<String>")]
    pub due_on: Option<Date>,
}

/// A case by its number, for who may see it; none if no document of it left or came.
///
/// # Errors
/// The database does not answer.
pub async fn case_file(
    permit: &Permit,
    case: &RecordId,
    language: Language,
    ctx: &Context,
) -> Result<Option<CaseView>, FlowError> {
    if !is_for(
        permit,
        &["case-view", "case-workbench", "case-print", "case-draft", "case-send"],
        case.as_str(),
    ) {
        return Ok(None);
    }
    let mut tx = ctx.store.read().await?;
    let file = CaseFile::new(case_entries(&mut tx, case).await?);
    let (held, voided) = (case_held(&mut tx, case).await?, case_voided(&mut tx, case).await?);
    let (pages, records) = (case_pages(&mut tx, case).await?, case_records(&mut tx, case).await?);
    let asked = approvals_of(&mut tx, "case-send", &format!("case:{}", case.as_str())).await?;
    drop(tx);
    if file.entries().is_empty() && held.is_empty() && voided.is_empty() {
        return Ok(None);
    }
    let read = read_case(&file, ctx).await?;
    let book = ctx.cases.book.get();
    let look = Look { ours: ctx.state, book: &book, today: today(ctx), language };
    let person = read.iter().rev().find_map(|it| it.document.as_ref()?.person()).map(PersonView::of);
    let conversation = |id| read.iter().find(|it: &&ReadEntry<'_>| it.entry.document_id == id);
    let document = |entry: &CaseEntry| {
        let conversation_id = conversation(entry.document_id).and_then(|it| it.conversation_id);
        DocumentView::of(entry, file.standing(entry.document_id), conversation_id)
    };
    Ok(Some(CaseView {
        case: case.clone(),
        version: version(&file, &held, &records),
        today: look.today,
        sort: file.sort(),
        branches: file.branches(agreement()),
        stage: file.stage(),
        filed_in: file.filed().map(|filed| filed.state),
        filed_at: file.filed().map(|filed| filed.at.to_string()),
        person,
        documents: file.entries().iter().map(document).collect(),
        held: held.iter().map(document).collect(),
        without_effect: voided.iter().map(document).collect(),
        waits: Wait::all(&file, look),
        provisional: file.provisional(look.ours, agreement()),
        lacks: file.lacks(agreement()),
        pages: pages.iter().map(PageView::of).collect(),
        records: records.iter().map(RecordView::of).collect(),
        next: next(&file, look, ctx),
        sendings: asked.into_iter().map(Sending::of).collect(),
    }))
}

/// What a case was made of: another version is another case to act on.
pub(super) fn version(file: &CaseFile, held: &[CaseEntry], records: &[CaseRecord]) -> String {
    let entries = file.entries().iter().chain(held).map(|entry| entry.document_id);
    let ids = entries.chain(records.iter().map(|record| record.document_id));
    let all: String = ids.map(|id| id.as_uuid().to_string()).collect();
    let digest = sha256(all.as_bytes()).to_string();
    digest.chars().take(VERSION_LENGTH).collect()
}

/// The person of a case, and the last claim in it.
pub(super) fn claim_of<'r>(
    read: &'r [ReadEntry<'_>],
) -> Option<(&'r CaseEntry, &'r crate::exchange::canonical::case::PensionClaim)> {
    read.iter().rev().find_map(|it| match &it.document {
        Some(CaseDocument::PensionClaim(claim)) => Some((it.entry, &**claim)),
        Some(_) | None => None,
    })
}

/// What the rules of cases let us write now.
fn next(file: &CaseFile, look: Look<'_>, ctx: &Context) -> Vec<Next> {
    let mut all = Vec::new();
    for waiting in file.waiting().iter().filter(|it| it.who == look.ours) {
        let due_on = waiting.is_due(file.filed(), look.book).map(|due| due.day);
        let beside = [CaseDocumentKind::Rejection, CaseDocumentKind::Clarification];
        for kind in answers_to(waiting.kind).iter().copied().chain(beside) {
            if may(file, kind, Some(waiting.document_id), waiting.asks, look, ctx) {
                let (to, answers) = (vec![waiting.asks], Some(waiting.document_id));
                all.push(Next { kind, to, answers, due_on });
            }
        }
    }
    for waiting in file.waiting().iter().filter(|it| it.asks == look.ours) {
        let kind = CaseDocumentKind::Reminder;
        if may(file, kind, Some(waiting.document_id), waiting.who, look, ctx) {
            let (to, answers) = (vec![waiting.who], Some(waiting.document_id));
            all.push(Next { kind, to, answers, due_on: None });
        }
    }
    for &kind in OWN_ACCORD {
        let to: Vec<State> = State::ALL
            .into_iter()
            .filter(|to| ctx.peers.of_name(to.as_code()).is_ok())
            .filter(|to| may(file, kind, None, *to, look, ctx))
            .collect();
        if !to.is_empty() {
            all.push(Next { kind, to, answers: None, due_on: None });
        }
    }
    all
}

fn may(
    file: &CaseFile,
    kind: CaseDocumentKind,
    about: Option<DocumentId>,
    to: State,
    look: Look<'_>,
    ctx: &Context,
) -> bool {
    let entry = CaseEntry {
        document_id: DocumentId::from_uuid(uuid::Uuid::nil()),
        kind,
        from: look.ours,
        to,
        about,
        at: ctx.clock.now(),
        said: Said::default(),
    };
    judge(file, &entry, agreement()).is_empty()
}

impl Wait {
    /// Everything that waits in a case, what is due first before the others.
    pub(super) fn all(file: &CaseFile, look: Look<'_>) -> Vec<Self> {
        let waiting = if file.stage() == CaseStage::Closed { Vec::new() } else { file.waiting() };
        let mut waits: Vec<Self> = waiting.iter().map(|it| Self::of(it, file, look)).collect();
        waits.sort_by_key(|it| (it.due_on.is_none(), it.due_on, it.since));
        waits
    }

    fn of(waiting: &Waiting, file: &CaseFile, look: Look<'_>) -> Self {
        let due = waiting.is_due(file.filed(), look.book);
        let days = |day: Date| i64::from(look.today.until(day).map_or(0, |span| span.get_days()));
        Self {
            document_id: waiting.document_id,
            kind: waiting.kind,
            asks: waiting.asks,
            who: waiting.who,
            is_ours: waiting.who == look.ours,
            since: waiting.since,
            due_on: due.as_ref().map(|due| due.day),
            days_left: due.as_ref().map(|due| days(due.day)),
            is_overdue: due.as_ref().is_some_and(|due| is_overdue(due.day, look.today)),
            basis: due.as_ref().and_then(|due| due.basis).map(|basis| basis.of(look.language).to_owned()),
            transit_days: due.as_ref().map_or(0, |due| due.transit),
            reminders: waiting.reminders,
        }
    }
}

impl PersonView {
    /// What a page shows of a person.
    pub(super) fn of(person: &Person) -> Self {
        let name = &person.name;
        let parts = [name.family(), name.given(), name.patronymic()];
        let numbers = person.identifiers.iter().map(|held| {
            let identifier = &held.identifier;
            (identifier.kind().as_code().to_owned(), identifier.as_str().to_owned())
        });
        Self {
            name: parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
            birth_date: person.birth_date,
            numbers: numbers.collect(),
            citizenships: person.citizenships.iter().map(ToString::to_string).collect(),
        }
    }
}

impl DocumentView {
    fn of(entry: &CaseEntry, standing: Option<Standing>, conversation_id: Option<ConversationId>) -> Self {
        Self {
            document_id: entry.document_id,
            conversation_id,
            kind: entry.kind,
            from: entry.from,
            to: entry.to,
            about: entry.about,
            at: entry.at,
            standing,
            pensions: entry.said.pensions.iter().map(|kind| kind.as_str().to_owned()).collect(),
            decision: entry.said.decision.as_ref().map(|decision| decision.as_str().to_owned()),
            due_on: entry.said.due,
        }
    }
}

impl Sending {
    fn of(row: ApprovalRow) -> Self {
        let body: serde_json::Value = serde_json::from_str(&row.body).unwrap_or_default();
        let text =
            |name: &str| body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Self {
            approval: row.id,
            draft: text("draft"),
            kind: text("kind"),
            to: text("to"),
            state: row.state.as_str().to_owned(),
            asked_by: row.asked_by,
            asked_at: row.asked_at,
            decided_by: row.decided_by,
            reason: row.reason,
        }
    }
}

impl PageView {
    fn of(page: &CasePage) -> Self {
        let CasePage { document_id, page, pages, noted_at, digest: _ } = page;
        Self { document_id: *document_id, page: *page, pages: *pages, noted_at: *noted_at }
    }
}

impl RecordView {
    pub(super) fn of(record: &CaseRecord) -> Self {
        let CaseRecord { document_id, conversation_id, peer, put_at, put_by } = record;
        let (document_id, conversation_id, put_at) = (*document_id, *conversation_id, *put_at);
        Self { document_id, conversation_id, peer: peer.clone(), put_at, put_by: put_by.clone() }
    }
}

const VERSION_LENGTH: usize = 16;

/// What a body may write of its own accord (T36, T37); an answer without its question is written to the question.
const OWN_ACCORD: &[CaseDocumentKind] = &[
    CaseDocumentKind::PensionClaim,
    CaseDocumentKind::PensionDecision,
    CaseDocumentKind::ExaminationRequest,
    CaseDocumentKind::FamilyInquiry,
    CaseDocumentKind::AmountsInquiry,
    CaseDocumentKind::VerificationRequest,
    CaseDocumentKind::CertificateRequest,
    CaseDocumentKind::CircumstanceNotice,
    CaseDocumentKind::RelocationNotice,
    CaseDocumentKind::WithholdingRequest,
    CaseDocumentKind::Forwarding,
    CaseDocumentKind::Closure,
];
