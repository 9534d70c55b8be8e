//! Accounts: listed, read, blocked for a violation, for changed duties, and by themselves (A32, A33).

use super::acts::{act_by, coded, shown};
use super::requests::PAGE_ROWS;
use super::sign_in::block_if_idle;
use super::{EntryError, day_in};
use crate::access::{Event, Ground, Permit, Role, Standing};
use crate::flow::Context;
use crate::store::{
    AccountRow, LoginLine, account_find, account_idle, account_lock, account_page, account_update,
    act_append, login_line_page, session_end_others, session_list,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A page of accounts, by login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountLine>,
    /// Where the next page begins; nothing if there is none.
    pub next: Option<String>,
}

/// An account in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountLine {
    /// Its login.
    pub login: String,
    /// What he is called.
    pub name: String,
    /// What he is here.
    pub role: Role,
    /// issued, entered, active or blocked.
    pub state: &'static str,
    /// Why it is blocked.
    pub ground: Option<Ground>,
    /// The last entry; before the first, when it was issued.
    #[schemars(with = "String")]
    pub used_at: Timestamp,
    /// For how many days nobody entered.
    pub idle_days: i32,
    /// Until when nobody may try, after wrong passwords.
    #[schemars(with = "Option<String>")]
    pub shut_until: Option<Timestamp>,
    /// Whether a second factor is set.
    pub has_second_factor: bool,
    /// The request that last gave or changed its rights.
    #[schemars(with = "String")]
    pub request_id: Uuid,
}

/// An account as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountView {
    /// What a list shows.
    #[serde(flatten)]
    pub line: AccountLine,
    /// Position.
    pub position: String,
    /// Structural unit.
    pub unit: String,
    /// The applicant's name.
    pub applicant: String,
    /// Address of the computer in the request.
    pub address: String,
    /// Systems of the register.
    pub systems: BTreeSet<String>,
    /// Functions that were granted.
    pub functions: BTreeSet<String>,
    /// The version of the rules that was acknowledged (A36).
    pub rules: Option<String>,
    /// When.
    #[schemars(with = "Option<String>")]
    pub rules_at: Option<Timestamp>,
    /// How many sessions there are.
    pub sessions: usize,
}

/// A line of the journal of logins issued (F1): six columns, and beside them request and login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LoginJournalLine {
    /// Its number, by which the next page is asked for.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// Column 1: region, number and date of the applicant's letter, number and date of its coming in.
    pub letter: String,
    /// Column 2: the systems.
    pub systems: String,
    /// Column 3: when the user was registered and the login issued.
    #[schemars(with = "String")]
    pub issued_at: Timestamp,
    /// Column 4: the basis.
    pub basis: String,
    /// Column 5: full name of the administrator.
    pub administrator: String,
    /// Column 6.
    pub note: String,
    /// Beside the form: the request.
    #[schemars(with = "String")]
    pub request_id: Uuid,
    /// Beside the form: the login.
    pub login: String,
}

/// A page of accounts after a login; those that are idle for too long are blocked first.
///
/// # Errors
/// The permit is for another act; the database does not answer.
pub async fn accounts(permit: &Permit, after: &str, ctx: &Context) -> Result<AccountPage, EntryError> {
    shown(permit, &["account-list"])?;
    block_idle(ctx).await?;
    let rows = account_page(&mut ctx.store.read().await?, after, PAGE_ROWS).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= PAGE_ROWS);
    let next = rows.last().filter(|_| is_full).map(|row| row.login.clone());
    Ok(AccountPage { accounts: rows.iter().map(|row| line(row, ctx)).collect(), next })
}

/// An account.
///
/// # Errors
/// There is none of this login; the permit is for another act.
pub async fn account(permit: &Permit, login: &str, ctx: &Context) -> Result<AccountView, EntryError> {
    shown(permit, &["account-view", "account-block"])?;
    let mut tx = ctx.store.read().await?;
    let row = account_find(&mut tx, login).await?.ok_or(EntryError::NotThere { what: "the account" })?;
    let sessions = session_list(&mut tx, login).await?.len();
    Ok(AccountView {
        line: line(&row, ctx),
        position: row.details.position,
        unit: row.details.unit,
        applicant: row.details.applicant,
        address: row.details.address,
        systems: row.details.systems,
        functions: row.details.functions,
        rules: row.rules,
        rules_at: row.rules_at,
        sessions,
    })
}

/// Blocks an account for a violation of cyber security (A33), or because duties changed (A32); its sessions end.
///
/// # Errors
/// It is his own, or there is none; the permit is for another act.
pub async fn block_account(
    permit: &Permit,
    login: &str,
    (ground, words): (Ground, &str),
    ctx: &Context,
) -> Result<(), EntryError> {
    shown(permit, &["account-block"])?;
    let mut tx = ctx.store.begin().await?;
    let outcome = match account_lock(&mut tx, login).await? {
        None => Err(EntryError::NotThere { what: "the account" }),
        Some(_) if permit.login() == login => Err(EntryError::OneSelf),
        Some(mut account) => {
            account.standing = Standing::after(Some(account.standing), &Event::Blocked(ground))?;
            account_update(&mut tx, &account).await?;
            session_end_others(&mut tx, login, "").await?;
            let mut act = act_by(permit, login, ctx);
            act.purpose = Some(ground.word().to_owned());
            act.served = Some(words.to_owned());
            act.subject = account.person;
            act_append(&mut tx, &act).await?;
            Ok(())
        }
    };
    if let Err(error) = &outcome {
        act_append(&mut tx, &coded(act_by(permit, login, ctx), error.code())).await?;
    }
    tx.commit().await?;
    outcome
}

/// Blocks an account for a violation of cyber security that was found (A33).
///
/// # Errors
/// As [`block_account`].
pub async fn block_for_violation(
    permit: &Permit,
    login: &str,
    words: &str,
    ctx: &Context,
) -> Result<(), EntryError> {
    block_account(permit, login, (Ground::Violation, words), ctx).await
}

/// Blocks every account that nobody entered for longer than the Rules allow (A33); tells how many.
///
/// # Errors
/// The database does not answer.
pub async fn block_idle(ctx: &Context) -> Result<u64, EntryError> {
    let term = ctx.entry.numbers.law.idle.duration();
    let since = ctx.clock.now().checked_sub(term).unwrap_or(Timestamp::MIN);
    let mut blocked = 0;
    loop {
        let logins = account_idle(&mut ctx.store.read().await?, since, PAGE_ROWS).await?;
        let mut of_page = 0;
        for login in logins {
            let mut tx = ctx.store.begin().await?;
            if let Some(mut account) = account_lock(&mut tx, &login).await? {
                of_page += u64::from(block_if_idle(&mut tx, &mut account, ctx).await?);
            }
            tx.commit().await?;
        }
        blocked += of_page;
        if of_page < u64::from(PAGE_ROWS) {
            return Ok(blocked);
        }
    }
}

/// A page of the journal of logins issued, the oldest first.
///
/// # Errors
/// The permit is for another act; the database does not answer.
pub async fn login_journal(
    permit: &Permit,
    after: Option<Uuid>,
    ctx: &Context,
) -> Result<Vec<LoginJournalLine>, EntryError> {
    shown(permit, &["login-journal-view", "login-journal-export"])?;
    let lines = login_line_page(&mut ctx.store.read().await?, after, PAGE_ROWS).await?;
    Ok(lines.into_iter().map(of_form).collect())
}

fn of_form(line: LoginLine) -> LoginJournalLine {
    let LoginLine { id, letter, systems, issued_at, basis, administrator, note, request_id, login } = line;
    LoginJournalLine { id, letter, systems, issued_at, basis, administrator, note, request_id, login }
}

fn line(row: &AccountRow, ctx: &Context) -> AccountLine {
    let now = ctx.clock.now();
    let idle = day_in(ctx.state, row.used_at).until(day_in(ctx.state, now));
    AccountLine {
        login: row.login.clone(),
        name: row.name.clone(),
        role: row.role,
        state: row.standing.word(),
        ground: row.standing.ground(),
        used_at: row.used_at,
        idle_days: idle.map_or(0, |span| span.get_days()),
        shut_until: row.shut_until.filter(|until| *until > now),
        has_second_factor: row.factor.is_some(),
        request_id: row.request_id,
    }
}
