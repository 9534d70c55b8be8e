//! The side that takes part: whether it does, and what it says to each document.

use super::finish::outcomes;
use super::{CheckError, secret_of};
use crate::exchange::canonical::{
    CheckAnswer, CheckBatch, CheckDocument, CheckOpening, CheckReply, CheckResult, CheckSaid, Coded, Points,
};
use crate::exchange::document::codec::Header;
use crate::flow::document::Case;
use crate::flow::note::note;
use crate::flow::{Context, FlowError};
use crate::pension::{CHECK_SCHEME, CheckSecret};
use crate::store::{
    CheckDraft, CheckPiece, CheckState, CheckStep, CheckTerms, Role, Tx, check_find, check_last, check_move,
    check_piece, check_put, check_step_put, inbox_deferred,
};
use jiff::Timestamp;

/// What this node says to a document of a check.
pub(in crate::flow) enum SaidOfCheck {
    /// Another document.
    Document(Box<CheckDocument>),
    /// That it is received.
    Received,
    /// The check is refused, and a person should know.
    Refused(CheckDocument, &'static str),
}

impl Case<'_> {
    /// Lets the opening of a check wait until our values are made; false if it can be answered now.
    pub(in crate::flow) async fn waits_for_values(
        &self,
        opening: &CheckOpening,
        header: &Header,
    ) -> Result<bool, FlowError> {
        let (row, ctx) = (self.row, self.ctx);
        let now = ctx.clock.now();
        let mut tx = ctx.store.begin().await?;
        let known = check_find(&mut tx, &opening.number).await?;
        if known.is_none() {
            if refusal(opening, check_last(&mut tx, &row.peer, Role::Respondent).await?, now, ctx).is_some() {
                return Ok(false);
            }
            let draft = CheckDraft {
                number: opening.number.clone(),
                peer: row.peer.clone(),
                role: Role::Respondent,
                terms: CheckTerms {
                    as_of: opening.as_of,
                    kinds: opening.kinds.clone(),
                    ground: opening.ground.clone(),
                    batch: opening.batch,
                },
                secret: CheckSecret::draw(&*ctx.random).to_bytes(),
                peer_size: opening.size,
                opened_at: now,
            };
            let step = CheckStep {
                place: CheckStep::OPENING,
                document_id: header.document_id,
                conversation_id: self.headers.conversation_id,
                is_answered: true,
            };
            if !check_put(&mut tx, &draft).await? || !check_step_put(&mut tx, &opening.number, &step).await? {
                return Err(FlowError::CutOff); // another worker takes it
            }
            super::tell(
                &mut tx,
                &draft,
                &format!("is opened by the peer with {} values", opening.size),
                None,
                now,
            )
            .await?;
        }
        // a row that is still being made ready is locked by this, so that its end cannot be missed
        let preparing = (CheckState::Preparing, CheckState::Preparing);
        if !check_move(&mut tx, &opening.number, preparing, now).await? {
            return Ok(false);
        }
        inbox_deferred(&mut tx, row.id).await?;
        note(&mut tx, row, ("deferred", None), "it is answered when our values are made", ctx).await?;
        tx.commit().await?;
        ctx.wake.checks();
        Ok(true)
    }
}

/// What is answered to a document that asks.
pub(in crate::flow) async fn say_of_check(
    document: &CheckDocument,
    peer: &str,
    ctx: &Context,
) -> Result<SaidOfCheck, FlowError> {
    match document {
        CheckDocument::Opening(opening) => answer(opening, peer, ctx).await,
        CheckDocument::Batch(batch) => {
            let reply = reply(batch, ctx).await?;
            Ok(SaidOfCheck::Document(Box::new(CheckDocument::Reply(reply))))
        }
        CheckDocument::Answer(_) | CheckDocument::Reply(_) | CheckDocument::Result(_) => {
            Ok(SaidOfCheck::Received)
        }
    }
}

async fn answer(opening: &CheckOpening, peer: &str, ctx: &Context) -> Result<SaidOfCheck, FlowError> {
    let mut tx = ctx.store.read().await?;
    let known = check_find(&mut tx, &opening.number).await?;
    let last = check_last(&mut tx, peer, Role::Respondent).await?;
    drop(tx);
    let number = opening.number.clone();
    let refused = |reason: &'static str| -> Result<SaidOfCheck, FlowError> {
        let coded: Coded = reason.parse().map_err(|_finding| CheckError::Kept)?;
        let said = CheckSaid::Refused { reason: coded };
        let number = opening.number.clone();
        Ok(SaidOfCheck::Refused(CheckDocument::Answer(CheckAnswer { number, said }), reason))
    };
    match known {
        Some(row) if row.state == CheckState::Ready => {
            let said = CheckSaid::Accepted { size: row.own_size };
            Ok(SaidOfCheck::Document(Box::new(CheckDocument::Answer(CheckAnswer { number, said }))))
        }
        Some(row) => {
            refused(if row.code.as_deref() == Some("check.too_large") { TOO_LARGE } else { NO_LIST })
        }
        None => refused(refusal(opening, last, ctx.clock.now(), ctx).unwrap_or(NOT_AGREED)),
    }
}

/// Why we take no part, if we do not; a code of the list of refusals.
fn refusal(
    opening: &CheckOpening,
    last: Option<Timestamp>,
    now: Timestamp,
    ctx: &Context,
) -> Option<&'static str> {
    let checks = &ctx.checks;
    match () {
        () if !checks.peers.contains(&opening.state) => Some(NOT_AGREED),
        () if opening.scheme.as_str() != CHECK_SCHEME => Some(OTHER_SCHEME),
        () if opening.size > checks.values_max || opening.batch > BATCH_MAX => Some(TOO_LARGE),
        () if checks.waits_until(last, now).is_some() => Some(TOO_SOON),
        () if !ctx.desk.has_payments() => Some(NO_LIST),
        () => None,
    }
}

/// The values of a batch under our secret too, with our own batch of its place.
async fn reply(batch: &CheckBatch, ctx: &Context) -> Result<CheckReply, FlowError> {
    let mut tx = ctx.store.read().await?;
    let row = check_find(&mut tx, &batch.number).await?;
    let row = row.filter(|row| row.state == CheckState::Ready).ok_or(CheckError::NotOpen)?;
    let own = check_piece(&mut tx, &batch.number, (CheckPiece::Own, batch.place)).await?.unwrap_or_default();
    drop(tx);
    let own = Points::of_bytes(&own).map_err(|_finding| CheckError::Kept)?;
    let (secret, points) = (secret_of(&row)?, batch.points.clone());
    let raised = Context::aside(move || secret.raise(points.as_slice())).await?.map_err(CheckError::Point)?;
    Ok(CheckReply { number: batch.number.clone(), place: batch.place, raised: Points::new(raised), own })
}

/// Notes that a batch is answered, in the transaction of its answer: each place is raised once, and for one document.
pub(in crate::flow) async fn note_answered(
    tx: &mut Tx,
    batch: &CheckBatch,
    (case, header): (&Case<'_>, &Header),
) -> Result<(), FlowError> {
    let step = CheckStep {
        place: i64::from(batch.place),
        document_id: header.document_id,
        conversation_id: case.headers.conversation_id,
        is_answered: true,
    };
    if check_step_put(tx, &batch.number, &step).await? { Ok(()) } else { Err(CheckError::NotOpen.into()) }
}

/// Tells our outcomes of a result, before it is said that it was received.
pub(in crate::flow) async fn take_result(result: &CheckResult, ctx: &Context) -> Result<(), FlowError> {
    let row = check_find(&mut ctx.store.read().await?, &result.number).await?;
    match row.filter(|row| row.state == CheckState::Ready) {
        Some(row) => outcomes(&row, &result.marks, ctx).await,
        None => Ok(()), // it was taken before
    }
}

/// Entries of the journal about a check that we take no part in.
pub(in crate::flow) const REFUSED_HERE: &str = "a check that a peer opened is refused here";

const NOT_AGREED: &str = "not-agreed";
const TOO_SOON: &str = "too-soon";
const TOO_LARGE: &str = "too-large";
const NO_LIST: &str = "no-list";
const OTHER_SCHEME: &str = "other-scheme";
/// A batch of more values would be a document that few could take.
const BATCH_MAX: u32 = 65_536;
