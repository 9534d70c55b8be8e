//! Goes on with the checks that are open: makes values, sends the next document, compares, tells.

use super::finish::compare;
use super::prepare::prepare;
use super::{CheckError, ask_person, batches, secret_of, tell};
use crate::exchange::canonical::{
    CheckBatch, CheckDocument, CheckOpening, CheckResult, Points, RecordId, State,
};
use crate::exchange::document::codec::check_root;
use crate::flow::compose::{Begin, Opening, prepare as compose};
use crate::flow::{Context, FlowError};
use crate::pension::CHECK_SCHEME;
use crate::store::{
    CheckPiece, CheckRow, CheckState, CheckStep, ConversationState, Role, Tx, check_claim, check_end,
    check_find, check_lease, check_move, check_open, check_piece, check_piece_drop, check_piece_put,
    check_places, check_step_put, check_steps, conversation_find, told_once,
};
use jiff::{SignedDuration, Timestamp};

/// Goes on with each open check as far as it can; tells whether anything went on. One that cannot be gone on with does not
/// hold up others.
///
/// # Errors
/// The database does not answer.
pub async fn step_checks(ctx: &Context) -> Result<bool, FlowError> {
    let open = check_open(&mut ctx.store.read().await?).await?;
    let mut has_gone_on = false;
    for row in open {
        let number = &row.draft.number;
        match (row.draft.role, row.state) {
            (_, CheckState::Preparing) | (Role::Initiator, CheckState::Ready | CheckState::Running) => {}
            (Role::Initiator, _) => {
                watch(&row, ctx).await?;
                continue;
            }
            (Role::Respondent, _) => continue, // it waits for the peer
        }
        let now = ctx.clock.now();
        let mut tx = ctx.store.begin().await?;
        if !check_claim(&mut tx, number, (now, lease_until(ctx))).await? {
            continue; // another replica has it
        }
        tx.commit().await?;
        let outcome = step(number, ctx).await;
        let mut tx = ctx.store.begin().await?;
        check_lease(&mut tx, number, Timestamp::UNIX_EPOCH).await?;
        tx.commit().await?;
        has_gone_on |= match outcome {
            Err(error @ FlowError::Store(_)) => return Err(error),
            Err(error) => {
                waits(&row, &error, ctx).await?;
                false
            }
            Ok(has_gone_on) => has_gone_on,
        };
    }
    Ok(has_gone_on)
}

/// Forgets the checks that a peer opened and never ended.
///
/// # Errors
/// The database does not answer.
pub async fn forget_checks(ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let term = SignedDuration::from_hours(i64::from(ctx.checks.forget_days) * 24);
    let is_old = |row: &CheckRow| row.draft.opened_at.checked_add(term).is_ok_and(|end| end <= now);
    let open = check_open(&mut ctx.store.read().await?).await?;
    for row in open.iter().filter(|row| row.draft.role == Role::Respondent && is_old(row)) {
        let mut tx = ctx.store.begin().await?;
        if check_end(&mut tx, &row.draft.number, (CheckState::Expired, Some("check.expired")), now).await? {
            tell(&mut tx, &row.draft, "never came to its end, and is forgotten", Some("check.expired"), now)
                .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

fn lease_until(ctx: &Context) -> Timestamp {
    let lease = SignedDuration::from_millis(ctx.limits.lease_ms);
    ctx.clock.now().checked_add(lease).unwrap_or(Timestamp::MAX)
}

/// Keeps a check that takes long claimed.
pub(super) async fn keep_lease(tx: &mut Tx, number: &RecordId, ctx: &Context) -> Result<(), FlowError> {
    Ok(check_lease(tx, number, lease_until(ctx)).await?)
}

async fn step(number: &RecordId, ctx: &Context) -> Result<bool, FlowError> {
    let Some(row) = check_find(&mut ctx.store.read().await?, number).await? else { return Ok(false) };
    match (row.draft.role, row.state) {
        (_, CheckState::Preparing) => prepare(&row, ctx).await.map(|()| true),
        (Role::Initiator, CheckState::Ready) => {
            let opening = CheckOpening {
                number: number.clone(),
                state: ctx.state,
                as_of: row.draft.terms.as_of,
                kinds: row.draft.terms.kinds.clone(),
                ground: row.draft.terms.ground.clone(),
                scheme: CHECK_SCHEME.parse().map_err(|_finding| CheckError::Kept)?,
                size: row.own_size,
                batch: row.draft.terms.batch,
            };
            let moves = Some((CheckState::Ready, CheckState::Opened));
            send(&row, (CheckDocument::Opening(opening), CheckStep::OPENING), moves, ctx).await
        }
        (Role::Initiator, CheckState::Running) => run(&row, ctx).await,
        (Role::Initiator | Role::Respondent, _) => Ok(false), // it went on meanwhile
    }
}

/// Sends batches while few are unanswered, raises what came, and compares when all of it is here.
async fn run(row: &CheckRow, ctx: &Context) -> Result<bool, FlowError> {
    let number = &row.draft.number;
    let mut has_gone_on = false;
    loop {
        let mut tx = ctx.store.read().await?;
        let steps = check_steps(&mut tx, number).await?;
        let theirs = check_places(&mut tx, number, CheckPiece::Theirs).await?;
        drop(tx);
        let of_batches = || steps.iter().filter(|step| step.place >= 0);
        let sent = u32::try_from(of_batches().count()).unwrap_or(u32::MAX);
        let open = of_batches().filter(|step| !step.is_answered).count();
        if sent < batches(row) && open < WINDOW {
            let mut tx = ctx.store.read().await?;
            let own = check_piece(&mut tx, number, (CheckPiece::Own, sent)).await?.unwrap_or_default();
            drop(tx);
            let points = Points::of_bytes(&own).map_err(|_finding| CheckError::Kept)?;
            let batch = CheckBatch { number: number.clone(), place: sent, points };
            has_gone_on |= send(row, (CheckDocument::Batch(batch), i64::from(sent)), None, ctx).await?;
        } else if let Some(place) = theirs.first() {
            raise(row, *place, ctx).await?;
            has_gone_on = true;
        } else if sent >= batches(row) && open == 0 {
            let (marks, hits) = compare(row, ctx).await?;
            let result = CheckResult { number: number.clone(), hits, marks };
            let moves = Some((CheckState::Running, CheckState::Told));
            return send(row, (CheckDocument::Result(result), CheckStep::RESULT), moves, ctx).await;
        } else {
            watch(row, ctx).await?;
            return Ok(has_gone_on);
        }
        let mut tx = ctx.store.begin().await?;
        keep_lease(&mut tx, number, ctx).await?;
        tx.commit().await?;
    }
}

/// Puts values of the peer under our secret too.
async fn raise(row: &CheckRow, place: u32, ctx: &Context) -> Result<(), FlowError> {
    let number = &row.draft.number;
    let mut tx = ctx.store.read().await?;
    let theirs = check_piece(&mut tx, number, (CheckPiece::Theirs, place)).await?.unwrap_or_default();
    drop(tx);
    let theirs = Points::of_bytes(&theirs).map_err(|_finding| CheckError::Kept)?;
    let secret = secret_of(row)?;
    let raised = Context::aside(move || secret.raise(theirs.as_slice())).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    match raised {
        Ok(raised) => {
            let raised = Points::new(raised).to_bytes();
            check_piece_put(&mut tx, number, (CheckPiece::TheirsRaised, place), &raised).await?;
            check_piece_drop(&mut tx, number, (CheckPiece::Theirs, place)).await?;
        }
        Err(fault) => {
            let why = format!("cannot go on: in batch {place} of the peer {fault}");
            if check_end(&mut tx, number, (CheckState::Ended, Some("check.point")), now).await? {
                ask_person(&mut tx, &row.draft, (&why, "check.point"), now).await?;
            }
            tx.commit().await?;
            return Err(CheckError::Point(fault).into());
        }
    }
    Ok(tx.commit().await?)
}

/// Begins the transaction of a document, once; tells whether it did.
async fn send(
    row: &CheckRow,
    (document, place): (CheckDocument, i64),
    moves: Option<(CheckState, CheckState)>,
    ctx: &Context,
) -> Result<bool, FlowError> {
    let number = &row.draft.number;
    let to: State = ctx.peers.of_name(&row.draft.peer)?.state;
    let (_process, transaction) = ctx.catalogue.beginning_with_root(check_root(&document))?;
    let transaction = &transaction.code;
    let what = Begin { opening: Opening::Check(&document), to, transaction, within: None, refers_to: None };
    let prepared = compose(what, ctx).await?;
    let composed = prepared.composed();
    let step = CheckStep {
        place,
        document_id: composed.document_id,
        conversation_id: composed.conversation_id,
        is_answered: false,
    };
    let mut tx = ctx.store.begin().await?;
    if !check_step_put(&mut tx, number, &step).await? {
        return Ok(false); // another replica was faster
    }
    if let Some(moves) = moves
        && !check_move(&mut tx, number, moves, ctx.clock.now()).await?
    {
        return Ok(false); // a person ended it meanwhile
    }
    prepared.put(&mut tx).await?;
    tx.commit().await?;
    ctx.wake.outbox();
    Ok(true)
}

/// Asks a person once about a document that ended without its answer.
async fn watch(row: &CheckRow, ctx: &Context) -> Result<(), FlowError> {
    let mut tx = ctx.store.read().await?;
    let mut ended = Vec::new();
    for step in check_steps(&mut tx, &row.draft.number).await?.iter().filter(|step| !step.is_answered) {
        let known = conversation_find(&mut tx, step.conversation_id, Role::Initiator).await?;
        let state = known.map(|known| known.state);
        if matches!(state, Some(ConversationState::Failed | ConversationState::Expired)) {
            ended.push(step.conversation_id);
        }
    }
    drop(tx);
    for id in ended {
        let id = id.as_uuid();
        let why = format!("waits for an answer that did not come: stazh resend {id}, or end the check");
        once(row, (&why, "check.unanswered"), ctx).await?;
    }
    Ok(())
}

/// Asks a person once about what keeps a check from going on; it is tried again.
async fn waits(row: &CheckRow, error: &FlowError, ctx: &Context) -> Result<(), FlowError> {
    let why = format!("waits: {}", crate::base::with_causes(error));
    once(row, (&why, "check.waits"), ctx).await
}

async fn once(row: &CheckRow, (why, code): (&str, &str), ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    if told_once(&mut tx, &format!("{} {why}", row.draft.number.as_str()), now).await? {
        ask_person(&mut tx, &row.draft, (why, code), now).await?;
    }
    Ok(tx.commit().await?)
}

/// So many batches may be unanswered: while one is on its way, another is at work.
const WINDOW: usize = 3;
