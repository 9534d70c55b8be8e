//! Inquiries for workers who near a pension age: prepared once for each worker and state, sent when a person or the policy of
//! the settings says so.
//!
//! What is asked stands in a file of the local system; the database has which were prepared, and no person's data.

use super::compose::prepare;
use super::facts::today;
use super::note::tell_once;
use super::{Begin, Composed, Context, FlowError, Opening};
use crate::base::with_causes;
use crate::exchange::canonical::{Inquiry, InsuranceRecord, Person, State};
use crate::exchange::rules::Carries;
use crate::exchange::seal::sha256;
use crate::pension::{HeldBy, PensionAge, holders, nearing};
use crate::store::{
    JournalDraft, PreparedDraft, PreparedRow, PreparedState, journal_append, prepared_drop, prepared_find,
    prepared_of, prepared_page, prepared_put, prepared_sent,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// When inquiries are prepared, and whether they are sent by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proactive {
    /// The ages of the law of this state, as its operator told them.
    pub ages: Arc<[PensionAge]>,
    /// How long before the day of the age, in months.
    pub before_months: u16,
    /// Whether they are sent without being asked.
    pub sends: bool,
    /// How often the local files are looked through.
    pub every_ms: u64,
}

/// An inquiry that seems due, and why.
struct Wanted {
    inquiry: Inquiry,
    kind: String,
    reasons: BTreeSet<HeldBy>,
}

/// A worker who nears an age, with the states that may hold service of his.
struct Nearing {
    person: Person,
    age: PensionAge,
    held: BTreeMap<State, BTreeSet<HeldBy>>,
}

/// Looks through the local files, and prepares what is due and was not prepared before. Tells how many are new.
///
/// # Errors
/// The local system cannot be asked or told, the database does not answer. What is left is found at the next look.
pub async fn prepare_inquiries(ctx: &Context) -> Result<usize, FlowError> {
    let Some(plan) = &ctx.proactive else { return Ok(0) };
    let (now, today, ours) = (ctx.clock.now(), today(ctx), ctx.state);
    let (desk, plan) = (ctx.desk.clone(), plan.clone());
    let workers = Context::aside(move || {
        let mut found: Vec<Nearing> = Vec::new();
        desk.each_worker(today, &mut |record| {
            if let Some(age) = nearing(&plan.ages, &record.person, plan.before_months, today) {
                let (held, age) = (holders(&record, ours), age.clone());
                found.push(Nearing { person: record.person, age, held });
            }
        })?;
        desk.each_received(&mut |record| note_received(&record, ours, &mut found))?;
        Ok::<_, FlowError>(found)
    })
    .await??;
    let mut made = 0;
    for one in workers.into_iter().flat_map(|worker| wanted_of(worker, ours)) {
        let peer = one.inquiry.asked.as_code();
        if ctx.peers.of_name(peer).is_err() {
            let detail =
                format!("workers who near a pension age may have service in {peer}, no peer of this node");
            tell_once(&detail, "flow.prepared_no_peer", ctx).await?;
            continue;
        }
        let key = key_of(&one.inquiry);
        let mut tx = ctx.store.read().await?;
        let known = prepared_of(&mut tx, &key).await?;
        drop(tx);
        let row = match known {
            Some(row) => row,
            None => {
                let id = ctx.random.id(now);
                let (peer, kind, reasons) = (peer.to_owned(), one.kind, one.reasons);
                let draft = PreparedDraft { key: key.clone(), id, peer, kind, reasons, made_at: now };
                let mut tx = ctx.store.begin().await?;
                if prepared_put(&mut tx, &draft).await? {
                    made += 1;
                    let why: Vec<String> = draft.reasons.iter().map(ToString::to_string).collect();
                    let why = why.join(", ");
                    let detail =
                        format!("{id} to {}: a worker nears the age of {}; {why}", draft.peer, draft.kind);
                    let entry = JournalDraft::at(now, "prepared", detail).coded(Some("flow.prepared"));
                    journal_append(&mut tx, &entry).await?;
                }
                let row = prepared_of(&mut tx, &key).await?;
                tx.commit().await?;
                let Some(row) = row else { continue };
                row
            }
        };
        if row.state == PreparedState::Waiting {
            let (desk, id) = (ctx.desk.clone(), row.draft.id);
            Context::aside(move || desk.keep_prepared(id, &one.inquiry)).await??;
        }
    }
    tidy(ctx).await?;
    Ok(made)
}

/// Sends what waits here, where the settings say so. Tells how many were sent.
///
/// # Errors
/// The database does not answer. What speaks against one does not keep the others.
pub async fn send_prepared_by_policy(ctx: &Context) -> Result<usize, FlowError> {
    if !ctx.proactive.as_ref().is_some_and(|plan| plan.sends) {
        return Ok(0);
    }
    let mut sent = 0;
    for id in here(ctx).await? {
        match send_prepared(id, ctx).await {
            Ok(_) => sent += 1,
            Err(FlowError::Store(error)) => return Err(error.into()),
            Err(FlowError::NotPrepared { .. }) if !is_waiting(id, ctx).await? => {} // another replica sent it
            Err(error) => {
                let detail = format!("prepared inquiry {id} waits: {}", with_causes(&error));
                tell_once(&detail, "flow.prepared_waits", ctx).await?;
            }
        }
    }
    Ok(sent)
}

/// Sends one that waits: its transaction and its leaving are one commit, so it leaves once.
///
/// # Errors
/// It does not wait, its file is not here or asks another state; and as [`super::begin`].
pub async fn send_prepared(id: Uuid, ctx: &Context) -> Result<Composed, FlowError> {
    let row = waiting(id, ctx).await?;
    let desk = ctx.desk.clone();
    let inquiry = Context::aside(move || desk.prepared(id)).await??;
    let not = |reason| FlowError::NotPrepared { id, reason };
    let inquiry = inquiry.ok_or_else(|| {
        not("its file is not here; it is written again at the next look while its worker nears the age")
    })?;
    if inquiry.asked.as_code() != row.draft.peer {
        return Err(not("its file asks another state now; drop it, and send that file by stazh send"));
    }
    let (_process, transaction) = ctx.catalogue.beginning_with(Carries::Inquiry)?;
    let (opening, to) = (Opening::Inquiry(&inquiry), inquiry.asked);
    let what = Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None };
    let prepared = prepare(what, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    let composed = prepared.put(&mut tx).await?;
    if !prepared_sent(&mut tx, id, composed.conversation_id).await? {
        return Err(not("it has left, or was dropped"));
    }
    let detail = format!("{id} to {}: {}", row.draft.peer, composed.conversation_id.as_uuid());
    journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "prepared_sent", detail)).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    put_away(id, true, ctx).await?;
    Ok(composed)
}

/// Notes that one that waits is not to be sent; nothing is prepared again for its worker and state.
///
/// # Errors
/// It does not wait; the database does not answer.
pub async fn drop_prepared(id: Uuid, ctx: &Context) -> Result<(), FlowError> {
    let row = waiting(id, ctx).await?;
    let mut tx = ctx.store.begin().await?;
    if !prepared_drop(&mut tx, id).await? {
        return Err(FlowError::NotPrepared { id, reason: "it has left, or was dropped" });
    }
    let detail = format!("{id} to {}", row.draft.peer);
    journal_append(&mut tx, &JournalDraft::at(ctx.clock.now(), "prepared_dropped", detail)).await?;
    tx.commit().await?;
    put_away(id, false, ctx).await
}

/// Prepared inquiries after a number, some at a time, with those that were sent or dropped.
///
/// # Errors
/// The database does not answer.
pub async fn prepared_after(after: &str, ctx: &Context) -> Result<Vec<PreparedRow>, FlowError> {
    let mut tx = ctx.store.read().await?;
    Ok(prepared_page(&mut tx, after, PAGE).await?)
}

async fn waiting(id: Uuid, ctx: &Context) -> Result<PreparedRow, FlowError> {
    let mut tx = ctx.store.read().await?;
    let row = prepared_find(&mut tx, id).await?;
    let reason = match row {
        Some(row) if row.state == PreparedState::Waiting => return Ok(row),
        Some(_) => "it has left, or was dropped",
        None => "there is none of this number; stazh proactive list shows them",
    };
    Err(FlowError::NotPrepared { id, reason })
}

async fn is_waiting(id: Uuid, ctx: &Context) -> Result<bool, FlowError> {
    let mut tx = ctx.store.read().await?;
    let row = prepared_find(&mut tx, id).await?;
    Ok(row.is_some_and(|row| row.state == PreparedState::Waiting))
}

/// The numbers of the files that are here.
async fn here(ctx: &Context) -> Result<Vec<Uuid>, FlowError> {
    let desk = ctx.desk.clone();
    Context::aside(move || desk.prepared_here()).await?
}

/// Puts away the files of those that do not wait any more, as when another replica sent them or this one was killed.
async fn tidy(ctx: &Context) -> Result<(), FlowError> {
    for id in here(ctx).await? {
        let mut tx = ctx.store.read().await?;
        let row = prepared_find(&mut tx, id).await?;
        drop(tx);
        match row.map(|row| row.state) {
            Some(PreparedState::Sent) => put_away(id, true, ctx).await?,
            Some(PreparedState::Dropped) => put_away(id, false, ctx).await?,
            Some(PreparedState::Waiting) | None => {}
        }
    }
    Ok(())
}

async fn put_away(id: Uuid, is_sent: bool, ctx: &Context) -> Result<(), FlowError> {
    let desk = ctx.desk.clone();
    Context::aside(move || desk.end_prepared(id, is_sent)).await?
}

/// Notes that a peer sent a record of a worker before.
fn note_received(record: &InsuranceRecord, ours: State, found: &mut [Nearing]) {
    if record.state == ours {
        return;
    }
    for worker in found.iter_mut().filter(|worker| worker.person.is_same(&record.person)) {
        worker.held.entry(record.state).or_default().insert(HeldBy::Record);
    }
}

fn wanted_of(worker: Nearing, ours: State) -> Vec<Wanted> {
    let Nearing { person, age, held } = worker;
    // an age is of the settings only if it has a purpose, and a purpose is a code
    let Some(purpose) = age.purpose().and_then(|purpose| purpose.parse().ok()) else { return Vec::new() };
    let wanted = |(asked, reasons): (State, BTreeSet<HeldBy>)| {
        let (person, purpose) = (person.clone(), Clone::clone(&purpose));
        let inquiry = Inquiry { asking: ours, asked, person, interval: None, purpose };
        Wanted { inquiry, kind: age.kind.as_str().to_owned(), reasons }
    };
    held.into_iter().map(wanted).collect()
}

/// By what a worker and the state asked are known: his first number here, else his first number, else name and birth.
fn key_of(inquiry: &Inquiry) -> String {
    let Inquiry { asking, asked, person, .. } = inquiry;
    let mut numbers = person.identifiers.iter().map(|held| &held.identifier);
    let own = numbers.clone().find(|number| number.kind().state() == *asking);
    let who = match own.or_else(|| numbers.next()) {
        Some(number) => format!("{} {}", number.kind().as_code(), number.as_str()),
        None => {
            let part = |part: Option<&str>| part.unwrap_or_default().to_lowercase();
            let (family, given) = (part(person.name.family()), part(person.name.given()));
            format!("{family}\u{1f}{given}\u{1f}{}", person.birth_date)
        }
    };
    sha256(format!("{asked}\u{1f}{who}").as_bytes()).to_string()
}

/// Prepared inquiries that are read at once.
const PAGE: u32 = 500;
