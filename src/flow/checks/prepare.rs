//! Makes our values of a list: row by row, on all processors, kept in pieces and in an order that says nothing of the list.

use super::drive::keep_lease;
use super::kept::KeptRow;
use super::{CheckError, ask_person, secret_of, tell};
use crate::base::with_causes;
use crate::exchange::adapter::PaymentRow;
use crate::exchange::canonical::{Matcher, RecordId};
use crate::exchange::seal::sha256;
use crate::flow::{Context, Desk, FlowError};
use crate::pension::{CheckKey, CheckSecret, KeyKinds, OwnValue, OwnValues, Owner, in_parallel, keys_of};
use crate::store::{
    CheckPiece, CheckRow, CheckState, CheckStep, CheckTerms, Role, Tx, check_end, check_move,
    check_piece_put, check_pieces_drop, check_prepared, check_steps, inbox_resume,
};
use std::ops::ControlFlow;
use tokio::sync::mpsc;

/// Makes the values of a check; where it was cut off it begins again, since the list may be another by now.
pub(super) async fn prepare(row: &CheckRow, ctx: &Context) -> Result<(), FlowError> {
    let number = &row.draft.number;
    let mut tx = ctx.store.begin().await?;
    check_pieces_drop(&mut tx, number).await?;
    tx.commit().await?;
    let (give, mut pieces) = mpsc::channel::<Vec<u8>>(PIECES_AHEAD);
    let making = Making {
        check: number.clone(),
        terms: row.draft.terms.clone(),
        secret: secret_of(row)?,
        matcher: Matcher::built_in().map_err(|_damaged| CheckError::Kept)?,
        values_max: usize::try_from(ctx.checks.values_max).unwrap_or(usize::MAX),
        values: Vec::new(),
        piece: Vec::new(),
        rows: 0,
        aside: 0,
        give,
    };
    let desk = ctx.desk.clone();
    let storing = async {
        let mut place: u32 = 0;
        while let Some(piece) = pieces.recv().await {
            let mut tx = ctx.store.begin().await?;
            check_piece_put(&mut tx, number, (CheckPiece::Rows, place), &piece).await?;
            keep_lease(&mut tx, number, ctx).await?;
            tx.commit().await?;
            place += 1;
        }
        Ok::<(), FlowError>(())
    };
    let (made, stored) = tokio::join!(Context::aside(move || making.run(&*desk)), storing);
    stored?;
    match made? {
        Ok(Made::Values { values, rows, aside }) => ready(row, &values, (rows, aside), ctx).await,
        Ok(Made::TooLarge) => {
            let why = "has more values than values_max of [checks] lets it have";
            unready(row, (why, "check.too_large"), ctx).await
        }
        Ok(Made::NoList) => unready(row, (NO_LIST, "check.no_list"), ctx).await,
        Err(error) => {
            let why = format!("cannot be made ready: {}", with_causes(&error));
            unready(row, (&why, "check.no_list"), ctx).await
        }
    }
}

/// Keeps the values in their order; who waits for them goes on.
async fn ready(
    row: &CheckRow,
    values: &OwnValues,
    (rows, aside): (u32, u32),
    ctx: &Context,
) -> Result<(), FlowError> {
    let draft = &row.draft;
    if values.size() == 0 && draft.role == Role::Initiator {
        let why = "has no value: nobody of the list is paid on its day and has a number or a name";
        return unready(row, (why, "check.empty"), ctx).await;
    }
    for ((points, owners), place) in values.batches(draft.terms.batch).zip(0_u32..) {
        let owners: Vec<u8> = owners.into_iter().flat_map(Owner::to_bytes).collect();
        let mut tx = ctx.store.begin().await?;
        check_piece_put(&mut tx, &draft.number, (CheckPiece::Own, place), &points.to_bytes()).await?;
        check_piece_put(&mut tx, &draft.number, (CheckPiece::Owners, place), &owners).await?;
        keep_lease(&mut tx, &draft.number, ctx).await?;
        tx.commit().await?;
    }
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    check_prepared(&mut tx, &draft.number, (values.size(), rows, aside)).await?;
    if !check_move(&mut tx, &draft.number, (CheckState::Preparing, CheckState::Ready), now).await? {
        return Ok(()); // a person ended it meanwhile
    }
    let told = format!("is ready: {} values of {rows} rows, {aside} rows set aside", values.size());
    tell(&mut tx, draft, &told, None, now).await?;
    resume(&mut tx, row).await?;
    tx.commit().await?;
    ctx.wake.inbox();
    Ok(())
}

/// It cannot go on here: a person is asked, and a peer that waits is told so.
async fn unready(row: &CheckRow, (why, code): (&str, &str), ctx: &Context) -> Result<(), FlowError> {
    let (draft, now) = (&row.draft, ctx.clock.now());
    let to = if draft.role == Role::Initiator { CheckState::Ended } else { CheckState::Refused };
    let mut tx = ctx.store.begin().await?;
    if check_end(&mut tx, &draft.number, (to, Some(code)), now).await? {
        ask_person(&mut tx, draft, (why, code), now).await?;
        resume(&mut tx, row).await?;
    }
    tx.commit().await?;
    ctx.wake.inbox();
    Ok(())
}

/// The opening of a peer waits until there is something to answer.
async fn resume(tx: &mut Tx, row: &CheckRow) -> Result<(), FlowError> {
    if row.draft.role == Role::Respondent {
        let steps = check_steps(tx, &row.draft.number).await?;
        for step in steps.iter().filter(|step| step.place == CheckStep::OPENING) {
            inbox_resume(tx, step.conversation_id, &row.draft.peer).await?;
        }
    }
    Ok(())
}

/// What came of reading the list.
enum Made {
    Values { values: OwnValues, rows: u32, aside: u32 },
    TooLarge,
    NoList,
}

/// A list on its way to values; keeps all processors busy.
struct Making {
    check: RecordId,
    terms: CheckTerms,
    secret: CheckSecret,
    matcher: &'static Matcher,
    values_max: usize,
    values: Vec<OwnValue>,
    piece: Vec<u8>,
    rows: u32,
    aside: u32,
    give: mpsc::Sender<Vec<u8>>,
}

impl Making {
    fn run(mut self, desk: &dyn Desk) -> Result<Made, FlowError> {
        let mut is_cut_off = false;
        let is_there = desk.payments(ROWS_AT_ONCE, &mut |rows| {
            if self.take(&rows) && self.values.len() <= self.values_max {
                return ControlFlow::Continue(());
            }
            is_cut_off = self.values.len() <= self.values_max;
            ControlFlow::Break(())
        })?;
        if self.values.len() > self.values_max {
            return Ok(Made::TooLarge);
        }
        if is_cut_off || !self.hand_on() {
            return Err(FlowError::CutOff);
        }
        if !is_there {
            return Ok(Made::NoList);
        }
        let Self { values, rows, aside, .. } = self;
        Ok(Made::Values { values: OwnValues::new(values), rows, aside })
    }

    /// Takes rows; false if nobody stores them any more.
    fn take(&mut self, rows: &[PaymentRow]) -> bool {
        let judged = in_parallel(rows, |rows| rows.iter().map(|row| self.judge(row)).collect::<Vec<_>>());
        let (mut keys, mut whose) = (Vec::new(), Vec::new());
        for (kept, of) in judged.into_iter().flatten() {
            self.aside += u32::from(!kept.why.is_empty());
            kept.put(&mut self.piece);
            whose.extend(of.iter().map(|key| (self.rows, key.kind.as_number())));
            keys.extend(of);
            self.rows += 1;
        }
        let points = self.secret.blind(&keys);
        let values = points.into_iter().zip(whose);
        self.values.extend(values.map(|(point, (row, kind))| OwnValue { point, row, kind }));
        self.piece.len() < PIECE_BYTES || self.hand_on()
    }

    fn hand_on(&mut self) -> bool {
        let piece = std::mem::take(&mut self.piece);
        piece.is_empty() || self.give.blocking_send(piece).is_ok()
    }

    /// What is kept of a row, and its keys; none if it is set aside.
    fn judge(&self, row: &PaymentRow) -> (KeptRow, Vec<CheckKey>) {
        let mut digest = [0; 16];
        let whole = sha256(row.text().unwrap_or_default().as_bytes());
        digest.iter_mut().zip(whole.0).for_each(|(own, byte)| *own = byte);
        let mut kept = KeptRow {
            line: u32::try_from(row.line).unwrap_or(u32::MAX),
            reference: String::new(),
            digest,
            why: String::new(),
            kinds: KeyKinds::default(),
        };
        let read = match row.read() {
            Ok(read) => read,
            Err(finding) => {
                kept.why = why(&finding.code, &finding.message);
                return (kept, Vec::new());
            }
        };
        kept.reference = read.reference.as_str().to_owned();
        if read.paid_on(self.terms.as_of, &self.terms.kinds).next().is_none() {
            kept.why = why("check.not_paid", NOT_PAID);
            return (kept, Vec::new());
        }
        let keys = keys_of(&read.person, &self.check, self.matcher);
        if keys.is_empty() {
            kept.why = why("check.no_key", NO_KEY);
        }
        (kept, keys)
    }
}

/// Why a row is set aside: the code, and what to do.
fn why(code: &str, message: &str) -> String {
    format!("{code}: {message}").chars().take(WHY_CHARS).collect()
}

const NO_LIST: &str = "has no list of ours: name the file as persons of [checks]";
const NOT_PAID: &str = "no pension of these kinds is in payment on the day of the check";
const NO_KEY: &str = "the person has no number, and no name in letters that are known";
/// Rows that are read and raised together.
const ROWS_AT_ONCE: usize = 4_096;
/// About so long is a piece of rows.
const PIECE_BYTES: usize = 512 * 1024;
/// Pieces that may wait for the database.
const PIECES_AHEAD: usize = 2;
/// As long as a reason is kept.
const WHY_CHARS: usize = 400;
