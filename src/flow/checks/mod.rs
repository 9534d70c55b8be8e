//! Bulk checks: which persons two states both pay, without telling the others (T15, T42).
//!
//! Who opens a check sends its values batch by batch, and gets them back under both secrets with a batch of the peer's; at
//! the end it tells which of the peer's are hits. Each document is a transaction of the ordinary exchange, and where a
//! check stands is in the database: a node that is killed goes on where it was. What [`crate::pension`] says of the scheme
//! holds here.

mod drive;
mod error;
mod finish;
mod fit;
mod kept;
mod permit;
mod prepare;
mod respond;

pub use drive::{forget_checks, step_checks};
pub use error::CheckError;
pub use kept::KeptRow;
pub use permit::{HitInquiries, Permit, hit_inquiries, permit};

pub(super) use finish::{conclude, received};
pub(super) use respond::{REFUSED_HERE, SaidOfCheck, note_answered, say_of_check, take_result};

use super::facts::{day_of, today};
use super::{Context, FlowError};
use crate::exchange::canonical::case::Body;
use crate::exchange::canonical::{Coded, RecordId, State};
use crate::pension::CheckSecret;
use crate::store::{
    CheckDraft, CheckRow, CheckState, CheckStep, CheckTerms, JournalDraft, Role, Tx, check_end, check_find,
    check_last, check_list, check_put, check_steps, journal_append,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::io::Write;

/// What the settings say of bulk checks. None with anybody until they name a peer.
#[derive(Debug, Clone)]
pub struct Checks {
    /// With whom checks are agreed.
    pub peers: BTreeSet<State>,
    /// So many days after a check with a peer the next one may be opened.
    pub every_days: u32,
    /// Most values that either side may have.
    pub values_max: u32,
    /// How many values a batch of ours has.
    pub batch: u32,
    /// A check that a peer opened and never ended is forgotten after so many days.
    pub forget_days: u32,
    /// The body of our state that asks about hits.
    pub body: Option<Body>,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            peers: BTreeSet::new(),
            every_days: 28,
            values_max: 4_000_000,
            batch: 15_360, // a multiple of three: each but the last is whole base64 by itself
            forget_days: 14,
            body: None,
        }
    }
}

impl Checks {
    /// Until when another check with a peer has to wait, if it does.
    fn waits_until(&self, last: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let pause = SignedDuration::from_hours(i64::from(self.every_days) * 24);
        last.and_then(|last| last.checked_add(pause).ok()).filter(|until| *until > now)
    }
}

/// Takes the outcomes of a check for the local system.
pub trait OutcomeWriter: Write + Send {
    /// All of it was written: it stands at its place when this returns.
    ///
    /// # Errors
    /// The local system cannot take it.
    fn finish(self: Box<Self>) -> Result<(), FlowError>;
}

/// A check to open.
#[derive(Debug, Clone)]
pub struct CheckPlan {
    /// With whom.
    pub peer: State,
    /// The day on which a pension is in payment; today if absent.
    pub as_of: Option<Date>,
    /// Of which pensions; none means all.
    pub kinds: Vec<Coded>,
    /// A code of the list of grounds.
    pub ground: Coded,
}

/// Begins a check; the node makes its values and opens it with the peer.
///
/// # Errors
/// The settings agree none with this peer, the last one is too new, there is no list; the database does not answer.
pub async fn begin_check(plan: &CheckPlan, ctx: &Context) -> Result<RecordId, FlowError> {
    let peer = ctx.peers.of_name(plan.peer.as_code())?.state.to_string();
    if !ctx.checks.peers.contains(&plan.peer) {
        return Err(CheckError::NotAgreed { peer }.into());
    }
    if !ctx.desk.has_payments() {
        return Err(CheckError::NoList.into());
    }
    let (now, today) = (ctx.clock.now(), today(ctx));
    let as_of = plan.as_of.unwrap_or(today);
    if as_of > today {
        return Err(CheckError::Later { as_of }.into());
    }
    let number = number_of(ctx.state, plan.peer, as_of, ctx)?;
    let terms =
        CheckTerms { as_of, kinds: plan.kinds.clone(), ground: plan.ground.clone(), batch: ctx.checks.batch };
    let secret = CheckSecret::draw(&*ctx.random).to_bytes();
    let role = Role::Initiator;
    let draft = CheckDraft {
        number: number.clone(),
        peer: peer.clone(),
        role,
        terms,
        secret,
        peer_size: 0,
        opened_at: now,
    };
    let mut tx = ctx.store.begin().await?;
    if let Some(until) = ctx.checks.waits_until(check_last(&mut tx, &peer, role).await?, now) {
        return Err(CheckError::TooSoon { peer, until: day_of(until) }.into());
    }
    if !check_put(&mut tx, &draft).await? {
        return Err(CheckError::Taken.into());
    }
    tell(&mut tx, &draft, &format!("is begun as of {as_of}"), None, now).await?;
    tx.commit().await?;
    ctx.wake.checks();
    Ok(number)
}

/// `KZ-RU-2026-11-30-4f1c`: whose, with whom, of which day, and four digits by lot.
fn number_of(own: State, peer: State, as_of: Date, ctx: &Context) -> Result<RecordId, FlowError> {
    let lot = ctx.random.uuid().as_u128() & 0xffff;
    let text = format!("{own}-{peer}-{as_of}-{lot:04x}");
    text.parse().map_err(|_finding| CheckError::Taken.into())
}

/// A check with its documents that asked for an answer.
#[derive(Debug, Clone)]
pub struct KnownCheck {
    /// Where it stands.
    pub row: CheckRow,
    /// Opening, batches and result, as far as they left or came.
    pub steps: Vec<CheckStep>,
}

impl KnownCheck {
    /// How many batches it has, once both sizes are known.
    pub fn batches(&self) -> u32 {
        batches(&self.row)
    }

    /// How many of them are answered.
    pub fn answered(&self) -> u32 {
        let done = self.steps.iter().filter(|step| step.place >= 0 && step.is_answered).count();
        u32::try_from(done).unwrap_or(u32::MAX)
    }
}

/// All checks, the latest first.
///
/// # Errors
/// The database does not answer.
pub async fn checks(ctx: &Context) -> Result<Vec<KnownCheck>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let mut all = Vec::new();
    for row in check_list(&mut tx).await? {
        let steps = check_steps(&mut tx, &row.draft.number).await?;
        all.push(KnownCheck { row, steps });
    }
    Ok(all)
}

/// A check by its number.
///
/// # Errors
/// There is none; the database does not answer.
pub async fn check_of(number: &RecordId, ctx: &Context) -> Result<KnownCheck, FlowError> {
    let mut tx = ctx.store.read().await?;
    let found = check_find(&mut tx, number).await?;
    let row = found.ok_or_else(|| CheckError::Unknown { number: number.clone() })?;
    let steps = check_steps(&mut tx, number).await?;
    Ok(KnownCheck { row, steps })
}

/// Ends a check by a person's act: its secret is wiped, and nothing more of it is answered.
///
/// # Errors
/// There is none of this number, or it has ended; the database does not answer.
pub async fn end_check(
    number: &RecordId,
    (by, reason): (&str, &str),
    ctx: &Context,
) -> Result<(), FlowError> {
    let known = check_of(number, ctx).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    if !check_end(&mut tx, number, (CheckState::Ended, Some("check.ended")), now).await? {
        return Err(CheckError::Ended { number: number.clone() }.into());
    }
    tell(&mut tx, &known.row.draft, &format!("is ended by {by}: {reason}"), Some("check.ended"), now).await?;
    Ok(tx.commit().await?)
}

/// How many batches a check has: as many as the longer list needs, and one at least.
fn batches(row: &CheckRow) -> u32 {
    let longer = row.own_size.max(row.draft.peer_size);
    longer.div_ceil(row.draft.terms.batch.max(1)).max(1)
}

/// How many values of a list of this size stand in a batch.
fn values_at(place: u32, size: u32, terms: &CheckTerms) -> u32 {
    size.saturating_sub(place.saturating_mul(terms.batch)).min(terms.batch)
}

/// An entry of the journal about a check.
async fn tell(
    tx: &mut Tx,
    draft: &CheckDraft,
    what: &str,
    code: Option<&str>,
    now: Timestamp,
) -> Result<(), FlowError> {
    let detail = format!("check {} with {} {what}", draft.number.as_str(), draft.peer);
    journal_append(tx, &JournalDraft::at(now, "check", detail).coded(code)).await?;
    Ok(())
}

/// The same for a person who must act.
async fn ask_person(
    tx: &mut Tx,
    draft: &CheckDraft,
    (what, code): (&str, &str),
    now: Timestamp,
) -> Result<(), FlowError> {
    let detail = format!("check {} with {} {what}", draft.number.as_str(), draft.peer);
    tracing::warn!(code, "{detail}");
    journal_append(tx, &JournalDraft::at(now, "ask_person", detail).coded(Some(code))).await?;
    Ok(())
}

/// Our secret of a check that has not ended.
fn secret_of(row: &CheckRow) -> Result<CheckSecret, FlowError> {
    CheckSecret::of_bytes(*row.draft.secret.expose())
        .ok_or_else(|| CheckError::Ended { number: row.draft.number.clone() }.into())
}
