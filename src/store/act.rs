//! Acts of people and programs, refusals included: a table to look them up in, and the same in the journal, whose chain
//! proves the table.

use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::state::word_enum;
use super::tx::{change, on};
use super::{JournalDraft, StoreError, Tx, journal_append, storable};
use crate::base::Digest256;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

word_enum!(
    /// How far an act is. One that only shows something has none: leave to see it is all there is to tell.
    ActStage {
        /// Its form was shown; nothing was done.
        Opened = "opened",
        /// Leave was given; what came of it is told by a further entry, and if there is none, nobody knows.
        Asked = "asked",
        /// It is put down, and waits for a second person.
        Waiting = "waiting",
        /// It was done.
        Done = "done",
        /// It was not done; the code says why.
        Failed = "failed",
    }
);

/// An act. No text of it holds a value of a person: he is told by a keyed digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Its number; later ones have greater numbers.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub login: String,
    /// What he was; nothing where nobody was known.
    pub role: Option<String>,
    /// By which door.
    pub via: String,
    /// Which command of the catalogue.
    pub command: String,
    /// To what.
    pub object: String,
    /// About whom: a keyed digest.
    pub subject: Option<String>,
    /// For which purpose.
    pub purpose: Option<String>,
    /// The case it served, or the reason.
    pub served: Option<String>,
    /// Why it was refused or failed.
    pub code: Option<String>,
    /// How far it is, a word of [`ActStage`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Why somebody should look at it though it was let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
}

/// Which acts to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActsBy<'a> {
    /// All of them.
    All,
    /// Those of a login.
    Login(&'a str),
    /// Those that were done to an object.
    Object(&'a str),
    /// Those about a person, by his digest.
    Subject(&'a str),
    /// Those that served a case, by its number.
    Served(&'a str),
    /// Those that somebody should look at.
    Flagged,
}

/// Appends an act to the table and to the journal.
pub async fn act_append(tx: &mut Tx, act: &Act) -> Result<(), StoreError> {
    let act = act.storable();
    let reader = RowReader { table: "act", id: &act.id };
    let detail = serde_json::to_string(&act).map_err(|_cause| reader.fault("detail"))?;
    change!(
        tx,
        "note an act",
        sqlx::query(PUT)
            .bind(act.id.to_string())
            .bind(act.at.as_millisecond())
            .bind(&act.login)
            .bind(act.role.as_deref())
            .bind(&act.via)
            .bind(&act.command)
            .bind(&act.object)
            .bind(act.subject.as_deref())
            .bind(act.purpose.as_deref())
            .bind(act.served.as_deref())
            .bind(act.code.as_deref())
            .bind(act.stage.as_deref())
            .bind(act.flag.as_deref())
    )?;
    journal_append(tx, &JournalDraft::at(act.at, ACT, detail).coded(act.code.as_deref())).await
}

/// Up to `limit` acts before a number (nothing: from the latest on), the latest first.
pub async fn act_page(
    tx: &mut Tx,
    by: ActsBy<'_>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Act>, StoreError> {
    let (text, key) = match by {
        ActsBy::All => (ALL, ""),
        ActsBy::Login(login) => (BY_LOGIN, login),
        ActsBy::Object(object) => (BY_OBJECT, object),
        ActsBy::Subject(subject) => (BY_SUBJECT, subject),
        ActsBy::Served(case) => (BY_SERVED, case),
        ActsBy::Flagged => (FLAGGED, ""),
    };
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let rows: Vec<Stored> = on!(tx, "list acts", connection => sqlx::query_as(text)
        .bind(before)
        .bind(i64::from(limit))
        .bind(key)
        .fetch_all(connection))?;
    rows.into_iter().map(Stored::act).collect()
}

/// An act by its number.
pub async fn act_find(tx: &mut Tx, id: Uuid) -> Result<Option<Act>, StoreError> {
    let found: Option<Stored> = on!(tx, "find an act", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    found.map(Stored::act).transpose()
}

/// Up to `limit` acts from one number to another, both included, the first first.
pub async fn act_range(tx: &mut Tx, from: Uuid, to: Uuid, limit: u32) -> Result<Vec<Act>, StoreError> {
    let rows: Vec<Stored> = on!(tx, "list acts by their numbers", connection => sqlx::query_as(RANGE)
        .bind(from.to_string())
        .bind(to.to_string())
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.into_iter().map(Stored::act).collect()
}

/// How many acts there are.
pub async fn act_count(tx: &mut Tx) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, "count acts", connection => sqlx::query_scalar(COUNT).fetch_one(connection))?;
    RowReader { table: "act", id: &"all" }.length("id", count)
}

/// How far a feed has read the chain of the journal; 0 at its beginning.
pub async fn feed_find(tx: &mut Tx, name: &str) -> Result<i64, StoreError> {
    let found: Option<i64> = on!(tx, "find a feed", connection =>
        sqlx::query_scalar(FEED).bind(name).fetch_optional(connection))?;
    Ok(found.unwrap_or_default())
}

/// Notes how far a feed has read; it never goes back.
pub async fn feed_put(tx: &mut Tx, name: &str, number: i64) -> Result<(), StoreError> {
    change!(tx, "move a feed", sqlx::query(FEED_PUT).bind(name).bind(number))?;
    Ok(())
}

impl Act {
    /// The kind of the entries of the journal that are acts.
    pub const KIND: &'static str = ACT;

    /// The same with texts that every engine can keep, and no longer than a person reads.
    fn storable(&self) -> Self {
        let short = |text: &str| -> String { storable(text).chars().take(LETTERS_MAX).collect() };
        let short_if_any = |text: &Option<String>| text.as_deref().map(short);
        Self {
            id: self.id,
            at: self.at,
            login: short(&self.login),
            role: self.role.clone(),
            via: self.via.clone(),
            command: short(&self.command),
            object: short(&self.object),
            subject: self.subject.clone(),
            purpose: short_if_any(&self.purpose),
            served: short_if_any(&self.served),
            code: self.code.clone(),
            stage: self.stage.clone(),
            flag: self.flag.clone(),
        }
    }
}

/// How a person is told in acts: a keyed digest of his number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Of a keyed digest.
    pub fn of(digest: Digest256) -> Self {
        Self(digest.to_string())
    }

    /// The text that is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

row_struct! {
    struct Stored {
        id: String,
        at: i64,
        login: String,
        role: Option<String>,
        via: String,
        command: String,
        object: String,
        subject: Option<String>,
        purpose: Option<String>,
        served: Option<String>,
        code: Option<String>,
        stage: Option<String>,
        flag: Option<String>,
    }
}

impl Stored {
    fn act(self) -> Result<Act, StoreError> {
        let reader = RowReader { table: "act", id: &self.id };
        Ok(Act {
            id: reader.text("id", &self.id)?,
            at: reader.instant("at", self.at)?,
            login: self.login,
            role: self.role,
            via: self.via,
            command: self.command,
            object: self.object,
            subject: self.subject,
            purpose: self.purpose,
            served: self.served,
            code: self.code,
            stage: self.stage,
            flag: self.flag,
        })
    }
}

macro_rules! acts_where {
    ($rest:literal) => {
        concat!(
            "SELECT id, at, login, role, via, command, object, subject, purpose, served, code, stage, flag \
             FROM act WHERE ",
            $rest
        )
    };
}

const PUT: &str = "
    INSERT INTO act (id, at, login, role, via, command, object, subject, purpose, served, code, stage, flag)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const RANGE: &str = acts_where!("id >= $1 AND id <= $2 ORDER BY id LIMIT $3");
const FIND: &str = acts_where!("id = $1");
// The key is bound in every case; without a choice it is the empty text, which equals itself.
const ALL: &str = acts_where!("id < $1 AND $3 = '' ORDER BY id DESC LIMIT $2");
pub(super) const BY_LOGIN: &str = acts_where!("id < $1 AND login = $3 ORDER BY id DESC LIMIT $2");
pub(super) const BY_OBJECT: &str = acts_where!("id < $1 AND object = $3 ORDER BY id DESC LIMIT $2");
pub(super) const BY_SUBJECT: &str = acts_where!("id < $1 AND subject = $3 ORDER BY id DESC LIMIT $2");
pub(super) const BY_SERVED: &str = acts_where!("id < $1 AND served = $3 ORDER BY id DESC LIMIT $2");
pub(super) const FLAGGED: &str =
    acts_where!("id < $1 AND flag IS NOT NULL AND $3 = '' ORDER BY id DESC LIMIT $2");
const COUNT: &str = "SELECT COUNT(*) FROM act";

const FEED: &str = "SELECT number FROM feed WHERE name = $1";
const FEED_PUT: &str = "
    INSERT INTO feed (name, number) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET number = excluded.number WHERE feed.number < excluded.number";

const ACT: &str = "act";
const LETTERS_MAX: usize = 200;
/// Behind every number.
const LAST: &str = "g";
