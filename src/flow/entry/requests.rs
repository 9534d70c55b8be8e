//! Access requests: filed with all that is wrong told at once, listed, read (A3, A4, A28, A29).

use super::acts::{id, note_failure, shown};
use super::{EntryError, day_in};
use crate::access::{AccessRequest, Permit, RequestedUser, Role, Systems};
use crate::base::{Finding, Findings, WorkingDays};
use crate::exchange::canonical::{Identifier, IdentifierKind, State};
use crate::exchange::seal::sha256;
use crate::flow::Context;
use crate::store::{
    AccessFile, RequestRow, RequestState, StoreError, access_file_find, access_file_put, request_find,
    request_page, request_put, storable,
};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// A file as it was sent.
#[derive(Debug, Clone, Copy)]
pub struct SentFile<'a> {
    /// What its sender calls it.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A page of requests, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestPage {
    /// The requests.
    pub requests: Vec<RequestLine>,
    /// Where the next page begins; nothing if there is none.
    #[schemars(with = "Option<String>")]
    pub next: Option<Uuid>,
}

/// A request in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestLine {
    /// Its number.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// waiting, granted or refused.
    pub state: &'static str,
    /// What is asked for.
    pub action: &'static str,
    /// Why.
    pub reason: &'static str,
    /// The applicant's name.
    pub applicant: String,
    /// For how many users.
    pub users: usize,
    /// What they are to be.
    pub role: Role,
    /// Who filed it.
    pub filed_by: String,
    /// When.
    #[schemars(with = "String")]
    pub filed_at: Timestamp,
    /// The last day of its answer (A28).
    #[schemars(with = "String")]
    pub due_on: Date,
    /// Whether it waits longer than it may.
    pub is_overdue: bool,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    #[schemars(with = "Option<String>")]
    pub decided_at: Option<Timestamp>,
}

/// A request as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestView {
    /// What a list shows.
    #[serde(flatten)]
    pub line: RequestLine,
    /// What is asked for.
    pub request: AccessRequest,
    /// The wording of the Rules by which it is judged (A47).
    pub wording: String,
    /// Why it was refused.
    pub ground: Option<String>,
    /// The copy of the order.
    pub file: Option<FileView>,
}

/// A file without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileView {
    /// What its sender called it.
    pub name: String,
    /// Its media type.
    pub media: String,
    /// How long it is.
    pub bytes: usize,
}

/// Files a request with the copy of its order.
///
/// # Errors
/// All that is wrong with the request, at once; the permit is for another act.
pub async fn file_request(
    permit: &Permit,
    request: AccessRequest,
    file: Option<SentFile<'_>>,
    ctx: &Context,
) -> Result<RequestRow, EntryError> {
    shown(permit, &["request-file"])?;
    let number = id(ctx);
    let (request, file) = match judge(request, file, ctx) {
        Ok(judged) => judged,
        Err(found) => {
            let error = EntryError::NotInOrder(found);
            note_failure(permit, &number.to_string(), &error, ctx).await?;
            return Err(error);
        }
    };
    let row = row_of(number, request, permit.login(), ctx);
    let mut tx = ctx.store.begin().await?;
    access_file_put(&mut tx, &file, row.filed_at).await?;
    request_put(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(row)
}

/// A request that waits, with its term and the wording of the Rules of the day.
pub(super) fn row_of(id: Uuid, body: AccessRequest, filed_by: &str, ctx: &Context) -> RequestRow {
    let now = ctx.clock.now();
    let (today, numbers) = (day_in(ctx.state, now), &ctx.entry.numbers);
    let book = ctx.cases.book.get();
    let every_day: &dyn WorkingDays = &EveryDay;
    let days = book.calendars.of(ctx.state).map_or(every_day, |own| own);
    RequestRow {
        id,
        state: RequestState::Waiting,
        body,
        filed_by: filed_by.to_owned(),
        filed_at: now,
        due_on: numbers.law.request_answer.last_day(today, days).unwrap_or(today),
        wording: numbers.wording(today).to_owned(),
        decided_by: None,
        decided_at: None,
        ground: None,
    }
}

/// Where a state has no calendar a term is shorter, never longer.
struct EveryDay;

impl WorkingDays for EveryDay {
    fn is_working(&self, _day: Date) -> bool {
        true
    }
}

/// A request that is in order, with its file; or all that is wrong.
pub(super) fn judge(
    mut request: AccessRequest,
    file: Option<SentFile<'_>>,
    ctx: &Context,
) -> Result<(AccessRequest, AccessFile), Findings> {
    let today = day_in(ctx.state, ctx.clock.now());
    let kept = file.map(|sent| typed(sent, ctx.limits.access_file_bytes_max));
    request.basis.file = kept.as_ref().and_then(|kept| kept.as_ref().ok()).map(|file| file.digest);
    for user in &mut request.users {
        user.number = user.number.trim().to_owned();
    }
    let mut found = request.findings(today, &ctx.entry.numbers, Systems::built_in());
    let mut kept_file = None;
    match kept {
        Some(Ok(file)) => kept_file = Some(file),
        Some(Err(finding)) => {
            // that it lacks a file says less than what is wrong with the one it has
            found.retain(|other| other.path != finding.path);
            found.push(*finding);
        }
        None => {}
    }
    for (at, user) in request.users.iter().enumerate().filter(|(_, user)| !user.number.is_empty()) {
        let path = format!("users[{at}].number");
        match number_of(user, ctx.state) {
            Ok(number) => found.extend(number.finding(&path).map(as_refusal)),
            Err(finding) => found.push(Finding { path, ..as_refusal(finding) }),
        }
    }
    match kept_file {
        Some(file) if found.is_empty() => Ok((request, file)),
        Some(_) | None => Err(found),
    }
}

/// The number of a user, of the kind that the state of the node gives.
///
/// # Errors
/// It is none.
pub(super) fn number_of(user: &RequestedUser, state: State) -> Result<Identifier, Finding> {
    let kind = match state {
        State::Am => IdentifierKind::Psn,
        State::By => IdentifierKind::ByNumber,
        State::Kg => IdentifierKind::Pin,
        State::Kz => IdentifierKind::Iin,
        State::Ru => IdentifierKind::Snils,
    };
    Identifier::parse(kind, &user.number)
}

/// What is a remark elsewhere refuses a request.
fn as_refusal(finding: Finding) -> Finding {
    Finding { severity: crate::base::Severity::Error, ..finding }
}

/// A file of a kind that is taken (A11): told by its bytes, never by its name.
fn typed(sent: SentFile<'_>, bytes_max: usize) -> Result<AccessFile, Box<Finding>> {
    let refuse = |message: String| {
        Box::new(Finding::error("access.file", "basis.file", "Rules, items 6(5), 23 (A11, A29)", "", message))
    };
    if sent.bytes.len() > bytes_max {
        return Err(refuse(format!("attach a file of no more than {bytes_max} bytes")));
    }
    let known: [(&[u8], &str); 3] =
        [(b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg")];
    let media = known.into_iter().find(|(head, _)| sent.bytes.starts_with(head));
    let (_, media) = media.ok_or_else(|| refuse("attach a PDF, PNG or JPEG file".to_owned()))?;
    let name: String =
        storable(sent.name).chars().filter(|c| !matches!(c, '/' | '\\' | '"')).take(100).collect();
    Ok(AccessFile { digest: sha256(sent.bytes), name, media: media.to_owned(), bytes: sent.bytes.to_vec() })
}

/// A page of requests before a cursor (nothing: from the latest on); of one state, or all.
///
/// # Errors
/// The permit is for another act; the database does not answer.
pub async fn requests(
    permit: &Permit,
    state: Option<RequestState>,
    before: Option<Uuid>,
    ctx: &Context,
) -> Result<RequestPage, EntryError> {
    shown(permit, &["request-list"])?;
    let rows = request_page(&mut ctx.store.read().await?, state, before, PAGE_ROWS).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= PAGE_ROWS);
    let next = rows.last().filter(|_| is_full).map(|row| row.id);
    Ok(RequestPage { requests: rows.iter().map(|row| line(row, ctx)).collect(), next })
}

/// A request.
///
/// # Errors
/// There is none of this number; the permit is for another act.
pub async fn request(permit: &Permit, id: Uuid, ctx: &Context) -> Result<RequestView, EntryError> {
    shown(permit, &["request-view", "request-decide"])?;
    let mut tx = ctx.store.read().await?;
    let row = request_find(&mut tx, id).await?.ok_or(EntryError::NotThere { what: "the request" })?;
    let file = match &row.body.basis.file {
        Some(digest) => access_file_find(&mut tx, digest).await?,
        None => None,
    };
    let file = file.map(|file| FileView { name: file.name, media: file.media, bytes: file.bytes.len() });
    Ok(RequestView {
        line: line(&row, ctx),
        request: row.body,
        wording: row.wording,
        ground: row.ground,
        file,
    })
}

/// The copy of the order of a request.
///
/// # Errors
/// There is none; the permit is for another act.
pub async fn request_file(permit: &Permit, id: Uuid, ctx: &Context) -> Result<AccessFile, EntryError> {
    shown(permit, &["request-view", "request-decide"])?;
    let mut tx = ctx.store.read().await?;
    let gone = || EntryError::NotThere { what: "the copy of the order" };
    let row = request_find(&mut tx, id).await?.ok_or_else(gone)?;
    let digest = row.body.basis.file.ok_or_else(gone)?;
    let found: Result<_, StoreError> = access_file_find(&mut tx, &digest).await;
    found?.ok_or_else(gone)
}

fn line(row: &RequestRow, ctx: &Context) -> RequestLine {
    let is_waiting = row.state == RequestState::Waiting;
    RequestLine {
        id: row.id,
        state: row.state.as_str(),
        action: row.body.action.word(),
        reason: row.body.reason.word(),
        applicant: row.body.applicant.name.clone(),
        users: row.body.users.len(),
        role: row.body.role,
        filed_by: row.filed_by.clone(),
        filed_at: row.filed_at,
        due_on: row.due_on,
        is_overdue: is_waiting && day_in(ctx.state, ctx.clock.now()) > row.due_on,
        decided_by: row.decided_by.clone(),
        decided_at: row.decided_at,
    }
}

/// As many as a page shows.
pub(super) const PAGE_ROWS: u32 = 50;
