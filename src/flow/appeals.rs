//! Appeals of users and incidents (A8, A15-A18, A41, A45), and the notice board (A24).
//!
//! What is written is the user's: it goes neither to the journal nor to a log.

use super::facts::today;
use super::{Context, FlowError};
use crate::access::Permit;
use crate::base::Language;
use crate::store::{
    AppealDraft, AppealRow, AppealSource, AppealState, JournalDraft, Notice, appeal_answer, appeal_file,
    appeal_find, appeal_page, appeal_put, appeal_take, journal_append, notice_list, notice_put,
};
use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What somebody writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAppeal {
    /// `failure`, `breach`, `question`, `refusal` (of an act) or `feedback`.
    pub kind: String,
    /// Of what it was learned.
    pub source: AppealSource,
    /// `form`, `e_mail` or `telephone`.
    pub channel: String,
    /// How to reach him.
    pub contact: String,
    /// About what.
    pub subject: String,
    /// What he writes.
    pub body: String,
    /// What he attached.
    pub file: Option<(String, Vec<u8>)>,
}

/// An appeal, as pages and programs show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Appeal {
    /// Its number.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Of what it was learned: one of four.
    pub source: String,
    /// By which way it came.
    pub channel: String,
    /// Who filed it here, if he has an account.
    pub login: Option<String>,
    /// How to reach him.
    pub contact: String,
    /// About what.
    pub subject: String,
    /// What he writes.
    pub body: String,
    /// The name of what is attached.
    pub file: Option<String>,
    /// When it came, RFC 3339.
    pub filed_at: String,
    /// By which day it is to be executed.
    pub due_on: String,
    /// Whether that day is over and it is not answered.
    pub is_late: bool,
    /// `open`, `taken` or `answered`.
    pub state: String,
    /// How many minutes passed before somebody looked at it.
    pub first_reaction_minutes: Option<i64>,
    /// The answer.
    pub answer: Option<String>,
    /// Whose answer it is.
    pub answered_by: Option<String>,
}

/// A part of a list of appeals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AppealPage {
    /// The newest first.
    pub appeals: Vec<Appeal>,
    /// Where the next part begins, if there is more.
    pub next: Option<String>,
}

/// A notice, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoticeText {
    /// When it was put up, RFC 3339.
    pub published_at: String,
    /// Until which day it hangs.
    pub ends_on: String,
    /// Its text.
    pub text: String,
}

/// Keeps an appeal; it is to be executed within three working days of the node's state (A18).
///
/// # Errors
/// The database does not answer.
pub async fn file_appeal(new: NewAppeal, login: Option<&str>, ctx: &Context) -> Result<Appeal, FlowError> {
    let now = ctx.clock.now();
    let draft = AppealDraft {
        id: ctx.random.id(now),
        kind: new.kind,
        source: new.source,
        channel: new.channel,
        login: login.map(str::to_owned),
        contact: new.contact,
        subject: new.subject,
        body: new.body,
        file: new.file,
        filed_at: now,
        due_on: due(today(ctx), ctx),
    };
    let mut tx = ctx.store.begin().await?;
    appeal_put(&mut tx, &draft).await?;
    let told = format!("appeal {} of kind {} by {}", draft.id, draft.kind, draft.channel);
    journal_append(&mut tx, &JournalDraft::at(now, "appeal_filed", told)).await?;
    tx.commit().await?;
    let file_name = draft.file.as_ref().map(|(name, _)| name.clone());
    Ok(shown(AppealRow { draft, file_name, state: AppealState::Open, reacted: None, answered: None }, ctx))
}

/// Appeals of a state, the newest first, from where the last part ended.
///
/// # Errors
/// The database does not answer.
pub async fn appeals(
    _permit: &Permit,
    state: AppealState,
    before: Option<&str>,
    ctx: &Context,
) -> Result<AppealPage, FlowError> {
    let mut tx = ctx.store.read().await?;
    let rows = appeal_page(&mut tx, (state, None), before.unwrap_or(LAST), PAGE + 1).await?;
    Ok(page(rows, ctx))
}

/// What somebody filed himself.
///
/// # Errors
/// The database does not answer.
pub async fn own_appeals(login: &str, before: Option<&str>, ctx: &Context) -> Result<AppealPage, FlowError> {
    let mut tx = ctx.store.read().await?;
    let of = (AppealState::Open, Some(login));
    let rows = appeal_page(&mut tx, of, before.unwrap_or(LAST), PAGE + 1).await?;
    Ok(page(rows, ctx))
}

/// One appeal.
///
/// # Errors
/// The database does not answer.
pub async fn appeal(id: &str, ctx: &Context) -> Result<Option<Appeal>, FlowError> {
    let Ok(id) = id.parse::<Uuid>() else { return Ok(None) };
    let mut tx = ctx.store.read().await?;
    Ok(appeal_find(&mut tx, id).await?.map(|row| shown(row, ctx)))
}

/// What is attached to one: its name and its bytes.
///
/// # Errors
/// The database does not answer.
pub async fn appeal_attachment(id: &str, ctx: &Context) -> Result<Option<(String, Vec<u8>)>, FlowError> {
    let Ok(id) = id.parse::<Uuid>() else { return Ok(None) };
    let mut tx = ctx.store.read().await?;
    let name = appeal_find(&mut tx, id).await?.and_then(|row| row.file_name);
    Ok(name.zip(appeal_file(&mut tx, id).await?))
}

/// Notes that somebody looks at it: the first reaction is measured (A41).
///
/// # Errors
/// The database does not answer.
pub async fn take_appeal(permit: &Permit, id: &str, ctx: &Context) -> Result<bool, FlowError> {
    let Ok(id) = id.parse::<Uuid>() else { return Ok(false) };
    let mut tx = ctx.store.begin().await?;
    let is_taken = appeal_take(&mut tx, id, ctx.clock.now(), permit.login()).await?;
    tx.commit().await?;
    Ok(is_taken)
}

/// Answers it; false if it was answered before or is none.
///
/// # Errors
/// The database does not answer.
pub async fn answer_appeal(
    permit: &Permit,
    id: &str,
    answer: &str,
    ctx: &Context,
) -> Result<bool, FlowError> {
    let Ok(id) = id.parse::<Uuid>() else { return Ok(false) };
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let is_answered = appeal_answer(&mut tx, id, (answer, now, permit.login())).await?;
    if is_answered {
        let told = format!("appeal {id} by {}", permit.login());
        journal_append(&mut tx, &JournalDraft::at(now, "appeal_answered", told)).await?;
    }
    tx.commit().await?;
    Ok(is_answered)
}

/// Puts a notice on the board; languages without a text show the Russian one.
///
/// # Errors
/// The database does not answer.
pub async fn publish_notice(
    permit: &Permit,
    texts: BTreeMap<String, String>,
    ends_on: Date,
    ctx: &Context,
) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let notice = Notice {
        id: ctx.random.id(now),
        published_at: now,
        published_by: permit.login().to_owned(),
        ends_on,
        texts,
    };
    let mut tx = ctx.store.begin().await?;
    notice_put(&mut tx, &notice).await?;
    let told = format!("notice {} by {}", notice.id, permit.login());
    journal_append(&mut tx, &JournalDraft::at(now, "notice_published", told)).await?;
    Ok(tx.commit().await?)
}

/// What hangs on the board today.
///
/// # Errors
/// The database does not answer.
pub async fn notices(language: Language, ctx: &Context) -> Result<Vec<NoticeText>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let hanging = notice_list(&mut tx, today(ctx)).await?;
    let told = hanging.into_iter().filter_map(|notice| {
        let tried = [language.code(), "ru", "kk", "en"];
        let text = tried.iter().find_map(|code| notice.texts.get(*code)).or(notice.texts.values().next())?;
        Some(NoticeText {
            published_at: notice.published_at.to_string(),
            ends_on: notice.ends_on.to_string(),
            text: text.clone(),
        })
    });
    Ok(told.collect())
}

/// The last day on which what was filed on a day is to be executed; every day counts where no calendar is known.
fn due(filed_on: Date, ctx: &Context) -> Date {
    let term = &ctx.entry.numbers.law.appeal_execution;
    let book = ctx.cases.book.get();
    let due = match book.calendars.of(ctx.state) {
        Some(calendar) => term.last_day(filed_on, calendar),
        None => filed_on.checked_add(i64::from(term.count).days()).ok(),
    };
    due.unwrap_or(filed_on)
}

fn page(mut rows: Vec<AppealRow>, ctx: &Context) -> AppealPage {
    let has_more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next = rows.last().filter(|_| has_more).map(|row| row.draft.id.to_string());
    AppealPage { appeals: rows.into_iter().map(|row| shown(row, ctx)).collect(), next }
}

fn shown(row: AppealRow, ctx: &Context) -> Appeal {
    let AppealRow { draft, file_name, state, reacted, answered } = row;
    let minutes = reacted.map(|(at, _)| at.duration_since(draft.filed_at).as_mins());
    let (answer, answered_by) = answered.map(|(answer, _, by)| (answer, by)).unzip();
    Appeal {
        id: draft.id.to_string(),
        kind: draft.kind,
        source: draft.source.as_str().to_owned(),
        channel: draft.channel,
        login: draft.login,
        contact: draft.contact,
        subject: draft.subject,
        body: draft.body,
        file: file_name,
        filed_at: draft.filed_at.to_string(),
        due_on: draft.due_on.to_string(),
        is_late: state != AppealState::Answered && today(ctx) > draft.due_on,
        state: state.as_str().to_owned(),
        first_reaction_minutes: minutes,
        answer,
        answered_by,
    }
}

const PAGE: u32 = 50;
const PAGE_ROWS: usize = 50;
/// Behind every number.
const LAST: &str = "~";
