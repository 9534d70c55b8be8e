//! Accounts of people and programs.

use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::tx::{change, on};
use super::{StoreError, Tx};
use crate::access::{KeptFactor, PasswordHash, Role, Standing};
use crate::base::{Language, Secret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// An account.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// Its login: one person's.
    pub login: String,
    /// What he is here.
    pub role: Role,
    /// Where it stands.
    pub standing: Standing,
    /// Keyed digest of the person's number; nothing for a program.
    pub person: Option<String>,
    /// What he is called.
    pub name: String,
    /// What the request says of him.
    pub details: AccountDetails,
    /// His password, or the temporary one.
    pub password: Option<PasswordHash>,
    /// When it was set.
    pub password_at: Timestamp,
    /// Passwords before, the latest first.
    pub history: Vec<PasswordHash>,
    /// His second factor.
    pub factor: Option<KeptFactor>,
    /// The step of its last code.
    pub factor_step: Option<i64>,
    /// One that he has not shown a code of yet.
    pub factor_offered: Option<KeptFactor>,
    /// Of a program: its public key.
    pub public_key: Option<Vec<u8>>,
    /// Failed tries in a row.
    pub tries: u32,
    /// Until when nobody may try.
    pub shut_until: Option<Timestamp>,
    /// The rules of cyber security that he has acknowledged, by their version.
    pub rules: Option<String>,
    /// When he did.
    pub rules_at: Option<Timestamp>,
    /// The request that last gave or changed his rights.
    pub request_id: Uuid,
    /// When login and temporary password were last issued.
    pub made_at: Timestamp,
    /// The last entry; before the first, when it was issued.
    pub used_at: Timestamp,
}

/// What a request says of a user.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetails {
    /// Position.
    pub position: String,
    /// Structural unit.
    pub unit: String,
    /// Office.
    pub office: String,
    /// Mobile phone.
    pub mobile: String,
    /// IP address of his computer.
    pub address: String,
    /// Corporate e-mail for answers.
    pub reply_email: String,
    /// The applicant's name.
    pub applicant: String,
    /// The language he reads.
    pub language: Option<Language>,
    /// Systems of the register.
    pub systems: BTreeSet<String>,
    /// Functions that were granted.
    pub functions: BTreeSet<String>,
}

impl fmt::Debug for AccountDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountDetails").field("functions", &self.functions).finish_non_exhaustive()
    }
}

/// Puts an account; false if the login or the person has one.
pub async fn account_put(tx: &mut Tx, row: &AccountRow) -> Result<bool, StoreError> {
    Ok(change!(tx, "put an account", bind_account!(sqlx::query(PUT), row, columns(row)?))? == 1)
}

/// Writes an account that was read and locked in this transaction.
pub async fn account_update(tx: &mut Tx, row: &AccountRow) -> Result<(), StoreError> {
    let rows = change!(tx, "update an account", bind_account!(sqlx::query(UPDATE), row, columns(row)?))?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Missing { table: "account", id: row.login.clone() }) }
}

/// An account by its login.
pub async fn account_find(tx: &mut Tx, login: &str) -> Result<Option<AccountRow>, StoreError> {
    let found: Option<Stored> = on!(tx, "find an account", connection =>
        sqlx::query_as(FIND).bind(login).fetch_optional(connection))?;
    found.map(Stored::row).transpose()
}

/// The same, to be changed: nobody else changes it until the end of the transaction.
pub async fn account_lock(tx: &mut Tx, login: &str) -> Result<Option<AccountRow>, StoreError> {
    let text = tx.text(FIND, LOCK);
    let found: Option<Stored> = on!(tx, "find an account", connection =>
        sqlx::query_as(text).bind(login).fetch_optional(connection))?;
    found.map(Stored::row).transpose()
}

/// The account of a person, by the digest of his number.
pub async fn account_of_person(tx: &mut Tx, person: &str) -> Result<Option<AccountRow>, StoreError> {
    let found: Option<Stored> = on!(tx, "find an account", connection =>
        sqlx::query_as(OF_PERSON).bind(person).fetch_optional(connection))?;
    found.map(Stored::row).transpose()
}

/// Up to `limit` accounts after a login, by login.
pub async fn account_page(tx: &mut Tx, after: &str, limit: u32) -> Result<Vec<AccountRow>, StoreError> {
    let rows: Vec<Stored> = on!(tx, "list accounts", connection =>
        sqlx::query_as(PAGE).bind(after).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(Stored::row).collect()
}

/// The logins of up to `limit` accounts that are not blocked and were not entered since an instant.
pub async fn account_idle(tx: &mut Tx, since: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
    on!(tx, "find idle accounts", connection => sqlx::query_scalar(IDLE)
        .bind(since.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(connection))
}

/// How many accounts of a role are not blocked, and how many of these are active; one login is left out.
pub async fn account_others(tx: &mut Tx, role: Role, but: &str) -> Result<(u64, u64), StoreError> {
    let (open, active): (i64, i64) = on!(tx, "count accounts", connection =>
        sqlx::query_as(OTHERS).bind(role.word()).bind(but).fetch_one(connection))?;
    let reader = RowReader { table: "account", id: &role };
    Ok((reader.length("login", open)?, reader.length("login", active)?))
}

/// Keeps those who decide about accounts of one role one behind the other, until the end of the transaction.
pub async fn account_role_lock(tx: &mut Tx, role: Role) -> Result<(), StoreError> {
    let text = tx.text(OF_ROLE, LOCK_ROLE);
    let _logins: Vec<String> = on!(tx, "lock accounts", connection =>
        sqlx::query_scalar(text).bind(role.word()).fetch_all(connection))?;
    Ok(())
}

/// Failed tries at a door from an address: how many, and until when nobody may try from there.
pub async fn entry_try_find(
    tx: &mut Tx,
    login: &str,
    address: &str,
) -> Result<Option<(u32, Timestamp)>, StoreError> {
    let found: Option<(i64, i64)> = on!(tx, "find failed tries", connection =>
        sqlx::query_as(TRY).bind(login).bind(address).fetch_optional(connection))?;
    let reader = RowReader { table: "entry_try", id: &login };
    found
        .map(|(tries, until)| Ok((reader.count("tries", tries)?, reader.instant("shut_until", until)?)))
        .transpose()
}

/// Notes failed tries at a door from an address.
pub async fn entry_try_put(
    tx: &mut Tx,
    (login, address): (&str, &str),
    tries: u32,
    shut_until: Timestamp,
) -> Result<(), StoreError> {
    change!(
        tx,
        "note a failed try",
        sqlx::query(TRY_PUT)
            .bind(login)
            .bind(address)
            .bind(i64::from(tries))
            .bind(shut_until.as_millisecond())
    )?;
    Ok(())
}

/// Forgets failed tries at a door.
pub async fn entry_try_forget(tx: &mut Tx, login: &str) -> Result<(), StoreError> {
    change!(tx, "forget failed tries", sqlx::query(TRY_FORGET).bind(login))?;
    Ok(())
}

/// Notes that a token of a program was shown; false if it was before. Those that have ended are forgotten.
pub async fn token_show(
    tx: &mut Tx,
    (login, jti): (&str, &str),
    ends_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    change!(tx, "forget tokens", sqlx::query(TOKEN_FORGET).bind(now.as_millisecond()))?;
    let ends = ends_at.as_millisecond();
    let rows = change!(tx, "note a token", sqlx::query(TOKEN_PUT).bind(login).bind(jti).bind(ends))?;
    Ok(rows == 1)
}

/// The key with which persons are digested in acts: `drawn`, if there was none.
pub async fn subject_key(tx: &mut Tx, drawn: &[u8]) -> Result<Secret<Vec<u8>>, StoreError> {
    change!(tx, "keep the key of persons", sqlx::query(KEY_PUT).bind(drawn))?;
    let kept: Vec<u8> = on!(tx, "find the key of persons", connection =>
        sqlx::query_scalar(KEY).fetch_one(connection))?;
    Ok(Secret::new(kept))
}

/// Columns that are not what they are in memory.
struct Columns {
    details: String,
    history: String,
}

fn columns(row: &AccountRow) -> Result<Columns, StoreError> {
    let reader = RowReader { table: "account", id: &row.login };
    let history: Vec<&str> = row.history.iter().map(PasswordHash::as_str).collect();
    Ok(Columns {
        details: serde_json::to_string(&row.details).map_err(|_cause| reader.fault("details"))?,
        history: serde_json::to_string(&history).map_err(|_cause| reader.fault("history"))?,
    })
}

macro_rules! bind_account {
    ($query:expr, $row:expr, $columns:expr) => {{
        let (row, columns) = ($row, $columns);
        let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
        $query
            .bind(&row.login)
            .bind(row.role.word())
            .bind(row.standing.word())
            .bind(row.standing.ground().map(|ground| ground.word()))
            .bind(row.person.as_deref())
            .bind(&row.name)
            .bind(columns.details)
            .bind(row.password.as_ref().map(|password| password.as_str().to_owned()))
            .bind(row.password_at.as_millisecond())
            .bind(columns.history)
            .bind(row.factor.as_ref().map(|factor| factor.octets().to_vec()))
            .bind(row.factor_step)
            .bind(row.factor_offered.as_ref().map(|factor| factor.octets().to_vec()))
            .bind(row.public_key.clone())
            .bind(i64::from(row.tries))
            .bind(ms(row.shut_until))
            .bind(row.rules.as_deref())
            .bind(ms(row.rules_at))
            .bind(row.request_id.to_string())
            .bind(row.made_at.as_millisecond())
            .bind(row.used_at.as_millisecond())
    }};
}
use bind_account;

row_struct! {
    /// A row as it is stored.
    struct Stored {
        login: String,
        role: String,
        state: String,
        ground: Option<String>,
        person: Option<String>,
        name: String,
        details: String,
        password: Option<String>,
        password_at: i64,
        history: String,
        factor: Option<Vec<u8>>,
        factor_step: Option<i64>,
        factor_offered: Option<Vec<u8>>,
        public_key: Option<Vec<u8>>,
        tries: i64,
        shut_until: Option<i64>,
        rules: Option<String>,
        rules_at: Option<i64>,
        request_id: String,
        made_at: i64,
        used_at: i64,
    }
}

impl Stored {
    fn row(self) -> Result<AccountRow, StoreError> {
        let login = self.login;
        let reader = RowReader { table: "account", id: &login };
        let ground = reader.text_if_any("ground", self.ground.as_deref())?;
        let history: Vec<String> = reader.json("history", &self.history)?;
        Ok(AccountRow {
            role: reader.text("role", &self.role)?,
            standing: Standing::stored(&self.state, ground).ok_or_else(|| reader.fault("state"))?,
            person: self.person,
            name: self.name,
            details: reader.json("details", &self.details)?,
            password: self.password.map(PasswordHash::kept),
            password_at: reader.instant("password_at", self.password_at)?,
            history: history.into_iter().map(PasswordHash::kept).collect(),
            factor: self.factor.map(KeptFactor::of),
            factor_step: self.factor_step,
            factor_offered: self.factor_offered.map(KeptFactor::of),
            public_key: self.public_key,
            tries: reader.count("tries", self.tries)?,
            shut_until: reader.instant_if_any("shut_until", self.shut_until)?,
            rules: self.rules,
            rules_at: reader.instant_if_any("rules_at", self.rules_at)?,
            request_id: reader.text("request_id", &self.request_id)?,
            made_at: reader.instant("made_at", self.made_at)?,
            used_at: reader.instant("used_at", self.used_at)?,
            login,
        })
    }
}

macro_rules! account_where {
    ($rest:literal) => {
        concat!(
            "SELECT login, role, state, ground, person, name, details, password, password_at, history, factor,
                    factor_step, factor_offered, public_key, tries, shut_until, rules, rules_at, request_id,
                    made_at, used_at
             FROM account ",
            $rest
        )
    };
}

const PUT: &str = "
    INSERT INTO account (login, role, state, ground, person, name, details, password, password_at, history,
                         factor, factor_step, factor_offered, public_key, tries, shut_until, rules, rules_at,
                         request_id, made_at, used_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
    ON CONFLICT DO NOTHING";

const UPDATE: &str = "
    UPDATE account SET role = $2, state = $3, ground = $4, person = $5, name = $6, details = $7, password = $8,
        password_at = $9, history = $10, factor = $11, factor_step = $12, factor_offered = $13,
        public_key = $14, tries = $15, shut_until = $16, rules = $17, rules_at = $18, request_id = $19,
        made_at = $20, used_at = $21
    WHERE login = $1";

const FIND: &str = account_where!("WHERE login = $1");
const LOCK: &str = account_where!("WHERE login = $1 FOR UPDATE");
const OF_PERSON: &str = account_where!("WHERE person = $1");
const PAGE: &str = account_where!("WHERE login > $1 ORDER BY login LIMIT $2");

pub(super) const IDLE: &str = "
    SELECT login FROM account WHERE state <> 'blocked' AND used_at < $1 ORDER BY used_at LIMIT $2";

const OTHERS: &str = "
    SELECT COUNT(*), COALESCE(SUM(CASE WHEN state = 'active' THEN 1 ELSE 0 END), 0)
    FROM account WHERE role = $1 AND state <> 'blocked' AND login <> $2";

const OF_ROLE: &str = "SELECT login FROM account WHERE role = $1 ORDER BY login";
const LOCK_ROLE: &str = "SELECT login FROM account WHERE role = $1 ORDER BY login FOR UPDATE";

const TRY: &str = "SELECT tries, shut_until FROM entry_try WHERE login = $1 AND address = $2";

const TRY_PUT: &str = "
    INSERT INTO entry_try (login, address, tries, shut_until) VALUES ($1, $2, $3, $4)
    ON CONFLICT (login, address) DO UPDATE SET tries = excluded.tries, shut_until = excluded.shut_until";

const TRY_FORGET: &str = "DELETE FROM entry_try WHERE login = $1";

const TOKEN_FORGET: &str = "DELETE FROM token_shown WHERE ends_at < $1";
const TOKEN_PUT: &str = "
    INSERT INTO token_shown (login, jti, ends_at) VALUES ($1, $2, $3) ON CONFLICT (login, jti) DO NOTHING";

const KEY_PUT: &str = "INSERT INTO subject_key (only_row, key) VALUES (1, $1) ON CONFLICT DO NOTHING";
const KEY: &str = "SELECT key FROM subject_key";
