//! Appeals of users, incidents, and the notice board.

use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::state::word_enum;
use super::tx::{change, on};
use super::{StoreError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use uuid::Uuid;

word_enum!(
    /// How far an appeal has come.
    AppealState {
        /// Nobody has looked at it.
        Open = "open",
        /// Somebody has, and works on it.
        Taken = "taken",
        /// It is answered.
        Answered = "answered",
    }
);

word_enum!(
    /// Of what an appeal or incident was learned: there are four sources and no others (A15).
    AppealSource {
        /// A user, by the form, by e-mail or by telephone (A45).
        User = "user",
        /// An administrator who watches.
        Administrator = "administrator",
        /// A program that watches.
        Monitoring = "monitoring",
        /// A journal of the system.
        Journal = "journal",
    }
);

/// An appeal to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealDraft {
    /// Its number.
    pub id: Uuid,
    /// What it is: `failure`, `breach`, `question`, `answer` (to an act), `feedback`.
    pub kind: String,
    /// Of what it was learned.
    pub source: AppealSource,
    /// By which way it came: `form`, `e_mail`, `telephone`.
    pub channel: String,
    /// Who filed it here, if he has an account.
    pub login: Option<String>,
    /// How to reach him.
    pub contact: String,
    /// About what.
    pub subject: String,
    /// What he writes.
    pub body: String,
    /// What he attached: its name and bytes.
    pub file: Option<(String, Vec<u8>)>,
    /// When it came.
    pub filed_at: Timestamp,
    /// By when it is to be executed (A18).
    pub due_on: Date,
}

/// An appeal as it is kept; the attachment is fetched by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealRow {
    /// What was filed, without the bytes of what was attached.
    pub draft: AppealDraft,
    /// The name of what was attached.
    pub file_name: Option<String>,
    /// How far it has come.
    pub state: AppealState,
    /// When somebody first looked at it, and who (A41).
    pub reacted: Option<(Timestamp, String)>,
    /// The answer, when, and whose.
    pub answered: Option<(String, Timestamp, String)>,
}

/// A notice on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number.
    pub id: Uuid,
    /// When it was put up.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// Until which day it hangs.
    pub ends_on: Date,
    /// Its text by language code.
    pub texts: BTreeMap<String, String>,
}

/// Keeps an appeal.
pub async fn appeal_put(tx: &mut Tx, draft: &AppealDraft) -> Result<(), StoreError> {
    let (name, bytes) = match &draft.file {
        Some((name, bytes)) => (Some(name.as_str()), Some(bytes.as_slice())),
        None => (None, None),
    };
    change!(
        tx,
        "keep an appeal",
        sqlx::query(PUT)
            .bind(draft.id.to_string())
            .bind(&draft.kind)
            .bind(draft.source.as_str())
            .bind(&draft.channel)
            .bind(draft.login.as_deref())
            .bind(&draft.contact)
            .bind(&draft.subject)
            .bind(&draft.body)
            .bind(name)
            .bind(bytes)
            .bind(draft.filed_at.as_millisecond())
            .bind(draft.due_on.to_string())
    )?;
    Ok(())
}

/// An appeal by its number.
pub async fn appeal_find(tx: &mut Tx, id: Uuid) -> Result<Option<AppealRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find an appeal", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// What is attached to an appeal.
pub async fn appeal_file(tx: &mut Tx, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<(Option<Vec<u8>>,)> = on!(tx, "read what is attached to an appeal", connection =>
        sqlx::query_as(FILE).bind(id.to_string()).fetch_optional(connection))?;
    Ok(found.and_then(|(bytes,)| bytes))
}

/// Up to `limit` appeals of a state before a number, the newest first; of one login if one is given.
pub async fn appeal_page(
    tx: &mut Tx,
    (state, login): (AppealState, Option<&str>),
    before: &str,
    limit: u32,
) -> Result<Vec<AppealRow>, StoreError> {
    let rows: Vec<Columns> = match login {
        Some(login) => on!(tx, "list the appeals of a user", connection =>
            sqlx::query_as(OF_LOGIN).bind(login).bind(before).bind(i64::from(limit)).fetch_all(connection))?,
        None => on!(tx, "list appeals", connection =>
            sqlx::query_as(PAGE).bind(state.as_str()).bind(before).bind(i64::from(limit)).fetch_all(connection))?,
    };
    rows.into_iter().map(row).collect()
}

/// Notes that somebody has begun to look at an appeal; false if somebody had.
pub async fn appeal_take(tx: &mut Tx, id: Uuid, at: Timestamp, by: &str) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "take an appeal",
        sqlx::query(TAKE).bind(id.to_string()).bind(at.as_millisecond()).bind(by)
    )?;
    Ok(rows == 1)
}

/// Notes the answer to an appeal; false if it was answered before. Who answers at once has looked at it, too.
pub async fn appeal_answer(
    tx: &mut Tx,
    id: Uuid,
    (answer, at, by): (&str, Timestamp, &str),
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "answer an appeal",
        sqlx::query(ANSWER).bind(id.to_string()).bind(answer).bind(at.as_millisecond()).bind(by)
    )?;
    Ok(rows == 1)
}

/// Up to `limit` appeals that were answered from an instant on and before another, in that order, after one of them.
pub async fn appeals_answered(
    tx: &mut Tx,
    (from, before): (Timestamp, Timestamp),
    after: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<AppealRow>, StoreError> {
    let (at, id) = after.map_or((from, String::new()), |(at, id)| (at, id.to_string()));
    let rows: Vec<Columns> = on!(tx, "list answered appeals", connection => sqlx::query_as(ANSWERED)
        .bind(at.as_millisecond())
        .bind(id)
        .bind(before.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// When the first appeal was answered.
pub async fn appeal_first_answer(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let found: (Option<i64>,) = on!(tx, "find the first answer to an appeal", connection =>
        sqlx::query_as(FIRST_ANSWER).fetch_one(connection))?;
    let reader = RowReader { table: "appeal", id: &"the first answer" };
    found.0.map(|at| reader.instant("answered_at", at)).transpose()
}

/// Puts a notice on the board.
pub async fn notice_put(tx: &mut Tx, notice: &Notice) -> Result<(), StoreError> {
    let id = notice.id.to_string();
    let unwritable = |_cause| RowReader { table: "notice", id: &id }.fault("texts");
    let texts = serde_json::to_string(&notice.texts).map_err(unwritable)?;
    change!(
        tx,
        "put up a notice",
        sqlx::query(NOTICE_PUT)
            .bind(&id)
            .bind(notice.published_at.as_millisecond())
            .bind(&notice.published_by)
            .bind(notice.ends_on.to_string())
            .bind(texts)
    )?;
    Ok(())
}

/// The notices that hang on a day, the newest first.
pub async fn notice_list(tx: &mut Tx, today: Date) -> Result<Vec<Notice>, StoreError> {
    let rows: Vec<(String, i64, String, String, String)> = on!(tx, "list notices", connection =>
        sqlx::query_as(NOTICES).bind(today.to_string()).fetch_all(connection))?;
    let read = |(id, published_at, published_by, ends_on, texts): (String, i64, String, String, String)| {
        let reader = RowReader { table: "notice", id: &id };
        Ok(Notice {
            id: reader.text("id", &id)?,
            published_at: reader.instant("published_at", published_at)?,
            published_by,
            ends_on: reader.text("ends_on", &ends_on)?,
            texts: reader.json("texts", &texts)?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// The digest of what a form or call of this key asked, and what was answered; empty while it is being done.
pub async fn once_find(tx: &mut Tx, login: &str, key: &str) -> Result<Option<(String, String)>, StoreError> {
    let found: Option<(String, String)> = on!(tx, "find what was done for a key", connection =>
        sqlx::query_as(ONCE_FIND).bind(login).bind(key).fetch_optional(connection))?;
    Ok(found)
}

/// Notes that a form or call is being done, with no answer yet; false if one of this key was before.
pub async fn once_begin(
    tx: &mut Tx,
    (login, key): (&str, &str),
    digest: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "note what is done for a key",
        sqlx::query(ONCE_BEGIN).bind(login).bind(key).bind(digest).bind(at.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// Notes what was answered to it.
pub async fn once_end(tx: &mut Tx, (login, key): (&str, &str), answer: &str) -> Result<(), StoreError> {
    change!(tx, "note what was done for a key", sqlx::query(ONCE_END).bind(login).bind(key).bind(answer))?;
    Ok(())
}

/// Forgets one that was not done, so that it may come again.
pub async fn once_drop(tx: &mut Tx, (login, key): (&str, &str)) -> Result<(), StoreError> {
    change!(tx, "forget what was not done for a key", sqlx::query(ONCE_DROP).bind(login).bind(key))?;
    Ok(())
}

/// Forgets what was done before an instant: nobody sends a form again after days.
pub async fn once_forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    change!(tx, "forget what was done for keys", sqlx::query(ONCE_FORGET).bind(before.as_millisecond()))
}

row_struct! {
    struct Columns {
        id: String,
        kind: String,
        source: String,
        channel: String,
        login: Option<String>,
        contact: String,
        subject: String,
        body: String,
        file_name: Option<String>,
        filed_at: i64,
        due_on: String,
        state: String,
        reacted_at: Option<i64>,
        reacted_by: Option<String>,
        answer: Option<String>,
        answered_at: Option<i64>,
        answered_by: Option<String>,
    }
}

fn row(columns: Columns) -> Result<AppealRow, StoreError> {
    let Columns { id, kind, source, channel, login, contact, subject, body, file_name, .. } = columns;
    let reader = RowReader { table: "appeal", id: &id };
    let instant = |name, at: Option<i64>| at.map(|at| reader.instant(name, at)).transpose();
    let reacted_at = instant("reacted_at", columns.reacted_at)?;
    let answered_at = instant("answered_at", columns.answered_at)?;
    let answered = columns.answer.zip(answered_at).zip(columns.answered_by);
    Ok(AppealRow {
        state: reader.text("state", &columns.state)?,
        file_name,
        reacted: reacted_at.zip(columns.reacted_by),
        answered: answered.map(|((answer, at), by)| (answer, at, by)),
        draft: AppealDraft {
            source: reader.text("source", &source)?,
            filed_at: reader.instant("filed_at", columns.filed_at)?,
            due_on: reader.text("due_on", &columns.due_on)?,
            file: None,
            id: reader.text("id", &id)?,
            kind,
            channel,
            login,
            contact,
            subject,
            body,
        },
    })
}

const PUT: &str = "
    INSERT INTO appeal (id, kind, source, channel, login, contact, subject, body, file_name, file_bytes, filed_at, due_on, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open')";

const FIND: &str = "
    SELECT id, kind, source, channel, login, contact, subject, body, file_name, filed_at, due_on, state,
        reacted_at, reacted_by, answer, answered_at, answered_by FROM appeal WHERE id = $1";

const FILE: &str = "SELECT file_bytes FROM appeal WHERE id = $1";

const PAGE: &str = "
    SELECT id, kind, source, channel, login, contact, subject, body, file_name, filed_at, due_on, state,
        reacted_at, reacted_by, answer, answered_at, answered_by FROM appeal
    WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

const OF_LOGIN: &str = "
    SELECT id, kind, source, channel, login, contact, subject, body, file_name, filed_at, due_on, state,
        reacted_at, reacted_by, answer, answered_at, answered_by FROM appeal
    WHERE login = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

pub(super) const ANSWERED: &str = "
    SELECT id, kind, source, channel, login, contact, subject, body, file_name, filed_at, due_on, state,
        reacted_at, reacted_by, answer, answered_at, answered_by FROM appeal
    WHERE (answered_at, id) > ($1, $2) AND answered_at < $3 ORDER BY answered_at, id LIMIT $4";

const FIRST_ANSWER: &str = "SELECT MIN(answered_at) FROM appeal";

const TAKE: &str = "
    UPDATE appeal SET state = 'taken', reacted_at = $2, reacted_by = $3 WHERE id = $1 AND state = 'open'";

const ANSWER: &str = "
    UPDATE appeal SET state = 'answered', answer = $2, answered_at = $3, answered_by = $4,
        reacted_at = COALESCE(reacted_at, $3), reacted_by = COALESCE(reacted_by, $4)
    WHERE id = $1 AND state <> 'answered'";

const NOTICE_PUT: &str = "
    INSERT INTO notice (id, published_at, published_by, ends_on, texts) VALUES ($1, $2, $3, $4, $5)";

const NOTICES: &str = "
    SELECT id, published_at, published_by, ends_on, texts FROM notice WHERE ends_on >= $1 ORDER BY id DESC";

const ONCE_FIND: &str = "SELECT digest, answer FROM done_once WHERE login = $1 AND key = $2";

const ONCE_BEGIN: &str = "
    INSERT INTO done_once (login, key, digest, done_at, answer) VALUES ($1, $2, $3, $4, '')
    ON CONFLICT (login, key) DO NOTHING";

const ONCE_END: &str = "UPDATE done_once SET answer = $3 WHERE login = $1 AND key = $2";

const ONCE_DROP: &str = "DELETE FROM done_once WHERE login = $1 AND key = $2 AND answer = ''";

const ONCE_FORGET: &str = "DELETE FROM done_once WHERE done_at < $1";
