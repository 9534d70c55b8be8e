//! Access requests with the copies of their orders, the journal of logins issued, and answers until somebody takes them.

use super::row::RowReader;
use super::state::word_enum;
use super::tx::{change, on};
use super::{StoreError, Tx};
use crate::access::AccessRequest;
use crate::base::{Digest256, Secret};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

word_enum!(
    /// What became of a request.
    RequestState {
        /// Nobody has decided.
        Waiting = "waiting",
        /// It was executed.
        Granted = "granted",
        /// It was refused.
        Refused = "refused",
    }
);

/// An access request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Its number; later ones have greater numbers.
    pub id: Uuid,
    /// What became of it.
    pub state: RequestState,
    /// What is asked for.
    pub body: AccessRequest,
    /// Who filed it.
    pub filed_by: String,
    /// When.
    pub filed_at: Timestamp,
    /// The last day of its answer (A28).
    pub due_on: Date,
    /// The wording of the Rules by which it is judged (A47).
    pub wording: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub ground: Option<String>,
}

/// A copy of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFile {
    /// SHA-256 of the bytes.
    pub digest: Digest256,
    /// What the user called it.
    pub name: String,
    /// Its media type.
    pub media: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A line of the journal of registration of users and issue of logins (App. 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLine {
    /// Its number; later ones have greater numbers.
    pub id: Uuid,
    /// Column 1: region, number and date of the letter of the applicant, number and date of its coming in.
    pub letter: String,
    /// Column 2: the systems.
    pub systems: String,
    /// Column 3: when the user was registered and the login issued.
    pub issued_at: Timestamp,
    /// Column 4: the basis.
    pub basis: String,
    /// Column 5: full name of the administrator.
    pub administrator: String,
    /// Column 6.
    pub note: String,
    /// Beside the form: the request.
    pub request_id: Uuid,
    /// Beside the form: the login.
    pub login: String,
}

/// An answer to a request that waits for whoever sends it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its number.
    pub id: Uuid,
    /// The request.
    pub request_id: Uuid,
    /// Whose login it holds, if it holds one.
    pub login: Option<String>,
    /// The corporate address.
    pub address: String,
    /// What is to be sent.
    pub body: Secret<String>,
    /// When it was written.
    pub at: Timestamp,
}

/// Puts a request.
pub async fn request_put(tx: &mut Tx, row: &RequestRow) -> Result<(), StoreError> {
    let reader = RowReader { table: "access_request", id: &row.id };
    let body = serde_json::to_string(&row.body).map_err(|_cause| reader.fault("body"))?;
    change!(
        tx,
        "file a request",
        sqlx::query(PUT)
            .bind(row.id.to_string())
            .bind(row.state.as_str())
            .bind(body)
            .bind(&row.filed_by)
            .bind(row.filed_at.as_millisecond())
            .bind(row.due_on.to_string())
            .bind(&row.wording)
    )?;
    Ok(())
}

/// One of them.
pub async fn request_find(tx: &mut Tx, id: Uuid) -> Result<Option<RequestRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find a request", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// Up to `limit` requests before a number (nothing: from the latest on), the latest first; of one state, or all.
pub async fn request_page(
    tx: &mut Tx,
    state: Option<RequestState>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<RequestRow>, StoreError> {
    let (text, key) = state.map_or((PAGE_ALL, ""), |state| (PAGE, state.as_str()));
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let rows: Vec<Columns> = on!(tx, "list requests", connection => sqlx::query_as(text)
        .bind(before)
        .bind(i64::from(limit))
        .bind(key)
        .fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// Decides a request that waits; false if it does not wait.
pub async fn request_decide(
    tx: &mut Tx,
    id: Uuid,
    state: RequestState,
    (by, at): (&str, Timestamp),
    ground: Option<&str>,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "decide a request",
        sqlx::query(DECIDE)
            .bind(id.to_string())
            .bind(state.as_str())
            .bind(by)
            .bind(at.as_millisecond())
            .bind(ground)
    )?;
    Ok(rows == 1)
}

/// Keeps a copy of an order; again, it changes nothing.
pub async fn access_file_put(tx: &mut Tx, file: &AccessFile, at: Timestamp) -> Result<(), StoreError> {
    change!(
        tx,
        "keep a copy of an order",
        sqlx::query(FILE_PUT)
            .bind(file.digest.0.to_vec())
            .bind(&file.name)
            .bind(&file.media)
            .bind(file.bytes.as_slice())
            .bind(at.as_millisecond())
    )?;
    Ok(())
}

/// A copy of an order.
pub async fn access_file_find(tx: &mut Tx, digest: &Digest256) -> Result<Option<AccessFile>, StoreError> {
    let found: Option<(String, String, Vec<u8>)> = on!(tx, "find a copy of an order", connection =>
        sqlx::query_as(FILE).bind(digest.0.to_vec()).fetch_optional(connection))?;
    Ok(found.map(|(name, media, bytes)| AccessFile { digest: *digest, name, media, bytes }))
}

/// Adds a line to the journal of logins issued.
pub async fn login_line_put(tx: &mut Tx, line: &LoginLine) -> Result<(), StoreError> {
    change!(
        tx,
        "add to the journal of logins",
        sqlx::query(LINE_PUT)
            .bind(line.id.to_string())
            .bind(&line.letter)
            .bind(&line.systems)
            .bind(line.issued_at.as_millisecond())
            .bind(&line.basis)
            .bind(&line.administrator)
            .bind(&line.note)
            .bind(line.request_id.to_string())
            .bind(&line.login)
    )?;
    Ok(())
}

/// Up to `limit` lines after a number, the oldest first.
pub async fn login_line_page(
    tx: &mut Tx,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<LoginLine>, StoreError> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<LineColumns> = on!(tx, "list the journal of logins", connection =>
        sqlx::query_as(LINES).bind(after).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(line).collect()
}

/// Puts an answer that is to be sent.
pub async fn reply_put(tx: &mut Tx, reply: &Reply) -> Result<(), StoreError> {
    change!(
        tx,
        "put an answer",
        sqlx::query(REPLY_PUT)
            .bind(reply.id.to_string())
            .bind(reply.request_id.to_string())
            .bind(reply.login.as_deref())
            .bind(&reply.address)
            .bind(reply.body.expose().as_str())
            .bind(reply.at.as_millisecond())
    )?;
    Ok(())
}

/// The answers that nobody has taken, the oldest first.
pub async fn reply_waiting(tx: &mut Tx, limit: u32) -> Result<Vec<Reply>, StoreError> {
    type Found = (String, String, Option<String>, String, String, i64);
    let rows: Vec<Found> = on!(tx, "list answers", connection =>
        sqlx::query_as(REPLIES).bind(i64::from(limit)).fetch_all(connection))?;
    let reply = |(id, request, login, address, body, at): Found| {
        let reader = RowReader { table: "reply", id: &id };
        Ok(Reply {
            id: reader.text("id", &id)?,
            request_id: reader.text("request_id", &request)?,
            login,
            address,
            body: Secret::new(body),
            at: reader.instant("at", at)?,
        })
    };
    rows.into_iter().map(reply).collect()
}

/// Notes that an answer was taken; its text is wiped. False if it was taken before.
pub async fn reply_taken(tx: &mut Tx, id: Uuid, at: Timestamp) -> Result<bool, StoreError> {
    let at = at.as_millisecond();
    Ok(change!(tx, "take an answer", sqlx::query(REPLY_TAKEN).bind(id.to_string()).bind(at))? == 1)
}

/// Wipes the answers that hold a temporary password of a login: it is used, or another was issued.
pub async fn reply_wipe(tx: &mut Tx, login: &str, at: Timestamp) -> Result<(), StoreError> {
    let at = at.as_millisecond();
    change!(tx, "wipe answers", sqlx::query(REPLY_WIPE).bind(login).bind(at))?;
    Ok(())
}

type Columns =
    (String, String, String, String, i64, String, String, Option<String>, Option<i64>, Option<String>);

fn row(columns: Columns) -> Result<RequestRow, StoreError> {
    let (id, state, body, filed_by, filed_at, due_on, wording, decided_by, decided_at, ground) = columns;
    let reader = RowReader { table: "access_request", id: &id };
    Ok(RequestRow {
        id: reader.text("id", &id)?,
        state: reader.text("state", &state)?,
        body: reader.json("body", &body)?,
        filed_by,
        filed_at: reader.instant("filed_at", filed_at)?,
        due_on: reader.text("due_on", &due_on)?,
        wording,
        decided_by,
        decided_at: reader.instant_if_any("decided_at", decided_at)?,
        ground,
    })
}

type LineColumns = (String, String, String, i64, String, String, String, String, String);

fn line(columns: LineColumns) -> Result<LoginLine, StoreError> {
    let (id, letter, systems, issued_at, basis, administrator, note, request, login) = columns;
    let reader = RowReader { table: "login_journal", id: &id };
    Ok(LoginLine {
        id: reader.text("id", &id)?,
        letter,
        systems,
        issued_at: reader.instant("issued_at", issued_at)?,
        basis,
        administrator,
        note,
        request_id: reader.text("request_id", &request)?,
        login,
    })
}

const PUT: &str = "
    INSERT INTO access_request (id, state, body, filed_by, filed_at, due_on, wording)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

macro_rules! requests_where {
    ($rest:literal) => {
        concat!(
            "SELECT id, state, body, filed_by, filed_at, due_on, wording, decided_by, decided_at, ground
             FROM access_request WHERE ",
            $rest
        )
    };
}

const FIND: &str = requests_where!("id = $1");
const PAGE_ALL: &str = requests_where!("id < $1 AND $3 = '' ORDER BY id DESC LIMIT $2");
pub(super) const PAGE: &str = requests_where!("id < $1 AND state = $3 ORDER BY id DESC LIMIT $2");

const DECIDE: &str = "
    UPDATE access_request SET state = $2, decided_by = $3, decided_at = $4, ground = $5
    WHERE id = $1 AND state = 'waiting'";

const FILE_PUT: &str = "
    INSERT INTO access_file (digest, name, media, bytes, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const FILE: &str = "SELECT name, media, bytes FROM access_file WHERE digest = $1";

const LINE_PUT: &str = "
    INSERT INTO login_journal (id, letter, systems, issued_at, basis, administrator, note, request_id, login)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const LINES: &str = "
    SELECT id, letter, systems, issued_at, basis, administrator, note, request_id, login FROM login_journal
    WHERE id > $1 ORDER BY id LIMIT $2";

const REPLY_PUT: &str = "
    INSERT INTO reply (id, request_id, login, address, body, at) VALUES ($1, $2, $3, $4, $5, $6)";
const REPLIES: &str = "
    SELECT id, request_id, login, address, body, at FROM reply WHERE taken_at IS NULL ORDER BY id LIMIT $1";
const REPLY_TAKEN: &str = "UPDATE reply SET taken_at = $2, body = '' WHERE id = $1 AND taken_at IS NULL";
const REPLY_WIPE: &str = "
    UPDATE reply SET taken_at = COALESCE(taken_at, $2), body = '' WHERE login = $1 AND body <> ''";

/// Behind every number.
const LAST: &str = "g";
