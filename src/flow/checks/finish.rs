//! What a check found: compared in passes, told row by row, and kept as far as a permit may need it.

use super::drive::keep_lease;
use super::kept::KeptRow;
use super::{CheckError, tell, values_at};
use crate::base::DocumentId;
use crate::exchange::canonical::{
    CheckAnswer, CheckDocument, CheckReply, CheckResult, CheckSaid, Marks, Points, RecordId,
};
use crate::flow::{Context, FlowError, OutcomeWriter};
use crate::pension::{KeyKinds, Owner, RaisedTable};
use crate::store::{
    CheckPiece, CheckRow, CheckState, CheckStep, Tx, check_end, check_find, check_found, check_move,
    check_peer_size, check_piece, check_piece_put, check_places, check_step_answered, check_step_find,
};
use jiff::Timestamp;
use std::io::Write;
use std::sync::Arc;

/// Compares all values of both, tells the outcomes of our rows, and gives the marks of the peer's values that are hits.
pub(super) async fn compare(row: &CheckRow, ctx: &Context) -> Result<(Marks, u32), FlowError> {
    let (draft, batch) = (&row.draft, row.draft.terms.batch);
    let (mut own, mut theirs) = (Marks::none_of(row.own_size), Marks::none_of(draft.peer_size));
    let passes = RaisedTable::passes(row.own_size);
    for pass in 0..passes {
        let mut table = RaisedTable::begin(pass, passes);
        for place in places(row, CheckPiece::Raised, ctx).await? {
            let points = points(row, (CheckPiece::Raised, place), ctx).await?;
            table.add(place.saturating_mul(batch), &points);
        }
        let table = Context::aside(move || {
            table.finish();
            Arc::new(table)
        })
        .await?;
        for place in places(row, CheckPiece::TheirsRaised, ctx).await? {
            let points = points(row, (CheckPiece::TheirsRaised, place), ctx).await?;
            let table = table.clone();
            let found = Context::aside(move || {
                let numbered = points.as_slice().iter().zip(place.saturating_mul(batch)..);
                numbered.filter_map(|(point, at)| Some((table.find(point)?, at))).collect::<Vec<_>>()
            })
            .await?;
            for (ours, at) in found {
                own.mark(ours);
                theirs.mark(at);
            }
        }
        let mut tx = ctx.store.begin().await?;
        keep_lease(&mut tx, &draft.number, ctx).await?;
        tx.commit().await?;
    }
    outcomes(row, &own, ctx).await?;
    let hits = theirs.marked();
    Ok((theirs, hits))
}

/// Tells the local system what became of each row of our list, and keeps those that are hits. Told again, it is the same.
pub(super) async fn outcomes(row: &CheckRow, hits: &Marks, ctx: &Context) -> Result<(), FlowError> {
    let number = &row.draft.number;
    let mut kinds = vec![KeyKinds::default(); usize::try_from(row.rows).unwrap_or_default()];
    for place in places(row, CheckPiece::Owners, ctx).await? {
        let owners = Owner::all_of(&piece(row, (CheckPiece::Owners, place), ctx).await?);
        for owner in owners.ok_or(CheckError::Kept)?.into_iter().filter(|owner| hits.has(owner.value)) {
            let at = usize::try_from(owner.row).unwrap_or(usize::MAX);
            kinds.get_mut(at).ok_or(CheckError::Kept)?.add(owner.kind);
        }
    }
    let (desk, of) = (ctx.desk.clone(), number.clone());
    let mut writer = Context::aside(move || desk.hand_over_outcomes(&of)).await??;
    writer = written(writer, HEADER.as_bytes().to_vec()).await?;
    let mut kinds = kinds.into_iter();
    let (mut strong, mut weak, mut kept, mut place) = (0_u32, 0_u32, Vec::new(), 0_u32);
    for at in places(row, CheckPiece::Rows, ctx).await? {
        let mut rows = KeptRow::all_of(&piece(row, (CheckPiece::Rows, at), ctx).await?)?;
        for one in &mut rows {
            one.kinds = kinds.next().ok_or(CheckError::Kept)?;
            if !one.kinds.is_empty() {
                *(if one.kinds.is_weak() { &mut weak } else { &mut strong }) += 1;
                one.put(&mut kept);
            }
        }
        writer = written(writer, lines(&rows)?).await?;
        if kept.len() >= HITS_BYTES {
            keep(number, &mut kept, &mut place, ctx).await?;
        }
    }
    keep(number, &mut kept, &mut place, ctx).await?;
    Context::aside(move || writer.finish()).await??;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    check_found(&mut tx, number, (strong, weak)).await?;
    let told = format!("is compared: {strong} rows are hits by a number, {weak} by name and birth alone");
    tell(&mut tx, &row.draft, &told, None, now).await?;
    Ok(tx.commit().await?)
}

/// Takes what the peer said of a check, in the transaction that settles it.
pub(in crate::flow) async fn conclude(
    tx: &mut Tx,
    document: &CheckDocument,
    now: Timestamp,
) -> Result<(), FlowError> {
    let number = document.number();
    let Some(row) = check_find(tx, number).await? else { return Ok(()) };
    match document {
        CheckDocument::Answer(CheckAnswer { said: CheckSaid::Accepted { size }, .. }) => {
            if check_step_answered(tx, number, CheckStep::OPENING).await? {
                check_peer_size(tx, number, *size).await?;
                check_move(tx, number, (CheckState::Opened, CheckState::Running), now).await?;
                tell(tx, &row.draft, &format!("goes on: the peer has {size} values"), None, now).await?;
            }
        }
        CheckDocument::Answer(CheckAnswer { said: CheckSaid::Refused { reason }, .. }) => {
            let code = Some("check.refused");
            if check_end(tx, number, (CheckState::Refused, code), now).await? {
                let why = format!("is refused by the peer: {}", reason.as_str());
                super::ask_person(tx, &row.draft, (&why, "check.refused"), now).await?;
            }
        }
        CheckDocument::Reply(CheckReply { place, raised, own, .. }) => {
            if check_step_answered(tx, number, i64::from(*place)).await? {
                for (kind, points) in [(CheckPiece::Raised, raised), (CheckPiece::Theirs, own)] {
                    if !points.is_empty() {
                        check_piece_put(tx, number, (kind, *place), &points.to_bytes()).await?;
                    }
                }
            }
        }
        CheckDocument::Result(CheckResult { .. }) => {
            if check_end(tx, number, (CheckState::Closed, None), now).await? {
                tell(tx, &row.draft, "is closed, and its secret is wiped", None, now).await?;
            }
        }
        CheckDocument::Opening(_) | CheckDocument::Batch(_) => {} // their answers are their effect
    }
    Ok(())
}

/// The peer has received the result: the check is closed.
pub(in crate::flow) async fn received(
    tx: &mut Tx,
    answers: Option<DocumentId>,
    now: Timestamp,
) -> Result<(), FlowError> {
    let Some(answers) = answers else { return Ok(()) };
    if let Some((number, CheckStep::RESULT)) = check_step_find(tx, answers).await?
        && check_step_answered(tx, &number, CheckStep::RESULT).await?
        && let Some(row) = check_find(tx, &number).await?
        && check_end(tx, &number, (CheckState::Closed, None), now).await?
    {
        tell(tx, &row.draft, "is closed, and its secret is wiped", None, now).await?;
    }
    Ok(())
}

/// Whether as many values came as stand in a batch.
pub(super) fn is_whole(points: &Points, place: u32, size: u32, row: &CheckRow) -> bool {
    u32::try_from(points.len()).is_ok_and(|len| len == values_at(place, size, &row.draft.terms))
}

async fn keep(
    number: &RecordId,
    kept: &mut Vec<u8>,
    place: &mut u32,
    ctx: &Context,
) -> Result<(), FlowError> {
    if !kept.is_empty() {
        let mut tx = ctx.store.begin().await?;
        check_piece_put(&mut tx, number, (CheckPiece::Hits, *place), kept).await?;
        tx.commit().await?;
        kept.clear();
        *place += 1;
    }
    Ok(())
}

async fn places(row: &CheckRow, kind: CheckPiece, ctx: &Context) -> Result<Vec<u32>, FlowError> {
    let mut tx = ctx.store.read().await?;
    Ok(check_places(&mut tx, &row.draft.number, kind).await?)
}

async fn piece(row: &CheckRow, of: (CheckPiece, u32), ctx: &Context) -> Result<Vec<u8>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let found = check_piece(&mut tx, &row.draft.number, of).await?;
    found.ok_or_else(|| CheckError::Kept.into())
}

async fn points(row: &CheckRow, of: (CheckPiece, u32), ctx: &Context) -> Result<Points, FlowError> {
    let bytes = piece(row, of, ctx).await?;
    Points::of_bytes(&bytes).map_err(|_finding| CheckError::Kept.into())
}

async fn written(
    mut writer: Box<dyn OutcomeWriter>,
    bytes: Vec<u8>,
) -> Result<Box<dyn OutcomeWriter>, FlowError> {
    Context::aside(move || {
        writer.write_all(&bytes).map_err(|source| FlowError::Local {
            verdict: crate::base::Verdict::Retry { not_before: None },
            detail: format!("the outcomes of a check cannot be written: {source}"),
        })?;
        Ok(writer)
    })
    .await?
}

/// The rows as lines of CSV.
fn lines(rows: &[KeptRow]) -> Result<Vec<u8>, FlowError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let (line, by) = (row.line.to_string(), row.kinds.to_string());
        let fields = [line.as_str(), &row.reference, row.outcome(), &by, &row.why];
        writer.write_record(fields).map_err(|_cause| CheckError::Kept)?;
    }
    writer.into_inner().map_err(|_cause| CheckError::Kept.into())
}

const HEADER: &str = "row,reference,outcome,by,why\n";
/// About so long is a piece of hits.
const HITS_BYTES: usize = 512 * 1024;
