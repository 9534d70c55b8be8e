//! Reminds a peer whose answer is late, where the settings let the node: once for each day that the terms state, unless
//! somebody did since, however many replicas look, and whenever one is killed. Who was away for several of them reminds once.

use super::cases::KnownCase;
use super::compose::{Begin, Opening, prepare};
use super::facts::day_of;
use super::{Context, FlowError};
use crate::base::{Verdict, with_causes};
use crate::exchange::canonical::State;
use crate::exchange::canonical::case::{CaseDocument, CaseDocumentKind, CaseHead, Reminder};
use crate::exchange::document::codec::case_root;
use crate::exchange::own_case_head;
use crate::pension::{CaseFile, Due, TermBook, Waiting};
use crate::store::{
    JournalDraft, case_entries, case_held, case_lock, journal_append, outbox_of_document, told_once,
};
use jiff::civil::Date;

/// What is to be done about an answer of a peer that is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// A person is asked to remind, for the node may not, or states no day for it.
    Person,
    /// It was reminded of, and its next day has not come.
    Patience,
    /// The node reminds.
    Remind(OwnReminder),
    /// It was reminded as often as is stated: a person asks by other means.
    Last(usize),
}

/// A reminder that the node is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OwnReminder {
    /// Which of them it is.
    pub(super) number: usize,
    /// When the answer was due.
    pub(super) due: Date,
    /// The stated day that it is for: there is one for each, whatever becomes of it.
    pub(super) stated: Date,
}

/// Who looks, by which terms, and whether the node may remind by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looking<'b> {
    pub(super) ours: State,
    pub(super) reminds: bool,
    pub(super) book: &'b TermBook,
    pub(super) today: Date,
}

/// What is to be done today about an answer that was due.
pub(super) fn late(waiting: &Waiting, due: &Due<'_>, looking: Looking<'_>) -> Late {
    let Looking { ours, reminds, book, today } = looking;
    let calendar = book.calendars.of(waiting.who);
    let days = calendar.map_or_else(Vec::new, |calendar| book.terms.overdue(due.day, calendar));
    if !reminds || waiting.asks != ours || days.is_empty() {
        return Late::Person;
    }
    let Some(stated) = days.iter().filter(|day| **day <= today).max() else { return Late::Patience };
    match waiting.reminded_at {
        Some(at) if day_of(at) >= *stated && days.last() == Some(stated) => Late::Last(waiting.reminders),
        Some(at) if day_of(at) >= *stated => Late::Patience,
        Some(_) | None => {
            let (number, due) = (waiting.reminders + 1, due.day);
            Late::Remind(OwnReminder { number, due, stated: *stated })
        }
    }
}

/// Sends a reminder; what the rules or settings do not let it write is told to a person, once. Tells whether that is done:
/// not while an answer is accepted that may still be cancelled.
pub(super) async fn remind(
    case: &KnownCase,
    waiting: &Waiting,
    reminder: OwnReminder,
    ctx: &Context,
) -> Result<bool, FlowError> {
    let why = match head_of(waiting, ctx).await {
        Ok(Some(head)) => match send(case, waiting, (reminder, head), ctx).await {
            Ok(is_done) => return Ok(is_done),
            Err(error) => error,
        },
        Ok(None) => {
            give_up(case, waiting, "what it was asked is not kept here", ctx).await?;
            return Ok(true);
        }
        Err(error) => error,
    };
    if matches!(why.verdict(), Verdict::Retry { .. }) {
        return Err(why);
    }
    give_up(case, waiting, &with_causes(&why), ctx).await?;
    Ok(true)
}

/// Asks a person to remind.
async fn give_up(case: &KnownCase, waiting: &Waiting, why: &str, ctx: &Context) -> Result<(), FlowError> {
    let (now, case, who) = (ctx.clock.now(), case.id.as_str(), waiting.who);
    let (what, id) = (waiting.kind.as_code(), waiting.document_id.as_uuid());
    let text = format!("case {case}: {who} is not reminded of {what} {id}: {why}; remind them");
    let mut tx = ctx.store.begin().await?;
    if told_once(&mut tx, &text, now).await? {
        let entry = JournalDraft::at(now, "ask_person", &text).coded(Some("case.overdue"));
        journal_append(&mut tx, &entry).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn send(
    case: &KnownCase,
    waiting: &Waiting,
    (reminder, head): (OwnReminder, CaseHead),
    ctx: &Context,
) -> Result<bool, FlowError> {
    let OwnReminder { number, due, stated } = reminder;
    let told = u16::try_from(number).unwrap_or(u16::MAX);
    let head = CaseHead { about: Some(waiting.document_id), ..head };
    let document = CaseDocument::Reminder(Box::new(Reminder { head, number: told, due, explanation: None }));
    let (_process, transaction) = ctx.catalogue.beginning_with_root(case_root(CaseDocumentKind::Reminder))?;
    let opening = Opening::Case(&document);
    let what =
        Begin { opening, to: waiting.who, transaction: &transaction.code, within: None, refers_to: None };
    let prepared = prepare(what, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    // the answer may have come meanwhile, and another replica, or a person, may have reminded
    case_lock(&mut tx, &case.id).await?;
    let file = CaseFile::new(case_entries(&mut tx, &case.id).await?);
    let is_it = |it: &Waiting| it.document_id == waiting.document_id && it.reminders < number;
    if !file.waiting().iter().any(is_it) || !case_held(&mut tx, &case.id).await?.is_empty() {
        return Ok(false);
    }
    // one that the peer refuses is not sent again and again
    let (what, id) = (waiting.kind.as_code(), waiting.document_id.as_uuid());
    if !told_once(&mut tx, &format!("reminder of {what} {id} for {stated}"), ctx.clock.now()).await? {
        return Ok(true);
    }
    prepared.put(&mut tx).await?;
    let case = case.id.as_str();
    let text = format!(
        "case {case}: {} is reminded of {what} {id}, which was to be answered by {due}; reminder {number}",
        waiting.who
    );
    journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "reminded", text)).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(true)
}

/// Who of us wrote what waits, and for which case.
async fn head_of(waiting: &Waiting, ctx: &Context) -> Result<Option<CaseHead>, FlowError> {
    let peer = ctx.peers.of_name(waiting.who.as_code())?.state.to_string();
    let mut tx = ctx.store.read().await?;
    let Some(row) = outbox_of_document(&mut tx, &peer, waiting.document_id).await? else { return Ok(None) };
    drop(tx);
    let limits = ctx.limits;
    let read = move || own_case_head(&row.draft.body, row.draft.digest, &limits);
    Ok(Some(Context::aside(read).await??))
}
