//! Whom a check found is told only after a person's act: no identity is written without a [`Permit`].

use super::{CheckError, KeptRow, check_of, tell};
use crate::exchange::canonical::case::{AmountsInquiry, Body, CaseDocument, CaseHead};
use crate::exchange::canonical::{Interval, PersonInPayment, RecordId, State};
use crate::exchange::seal::sha256;
use crate::flow::{Context, FlowError};
use crate::store::{CheckPiece, CheckRow, CheckState, check_piece, check_places};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// That a person lets the hits of one check be asked about by name. Only [`permit`] makes one, and only with one an
/// inquiry can be written:
///
/// ```compile_fail
/// # use stazh::flow::Permit;
/// let permit = Permit { check: "KZ-RU-1".parse().unwrap() };
/// ```
#[derive(Debug)]
pub struct Permit {
    row: CheckRow,
    has_weak: bool,
}

/// Inquiries about hits, and what became of those of whom none can be written.
#[derive(Debug)]
pub struct HitInquiries {
    /// Each with the line of its row.
    pub written: Vec<(u32, CaseDocument)>,
    /// Lines of rows that are not in the list any more as they were compared.
    pub gone: Vec<u32>,
}

/// Records that a person lets the hits of a closed check be asked about; weak ones, by name and day of birth alone, only
/// if he says so.
///
/// # Errors
/// There is no such check, or it is not closed; the database does not answer.
pub async fn permit(
    number: &RecordId,
    (by, reason): (&str, &str),
    has_weak: bool,
    ctx: &Context,
) -> Result<Permit, FlowError> {
    let row = check_of(number, ctx).await?.row;
    if row.state != CheckState::Closed {
        return Err(CheckError::NotClosed { number: number.clone() }.into());
    }
    let which = if has_weak { "hits, weak ones too," } else { "hits" };
    let told = format!("is permitted: {by} lets its {which} be asked about by name: {reason}");
    let mut tx = ctx.store.begin().await?;
    tell(&mut tx, &row.draft, &told, None, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(Permit { row, has_weak })
}

impl Permit {
    /// The state that is asked.
    ///
    /// # Errors
    /// It is no peer any more.
    pub fn peer(&self, ctx: &Context) -> Result<State, FlowError> {
        Ok(ctx.peers.of_name(&self.row.draft.peer)?.state)
    }

    /// The question what the peer paid to a person who is a hit, as a case of its own.
    fn inquiry(
        &self,
        (line, paid): (u32, &PersonInPayment),
        (state, body): (State, &Body),
    ) -> Result<CaseDocument, FlowError> {
        let draft = &self.row.draft;
        let kept = |_finding| CheckError::Kept;
        let case: RecordId = format!("{}-{line}", draft.number.as_str()).parse().map_err(kept)?;
        let as_of = draft.terms.as_of;
        let since = paid.paid_on(as_of, &draft.terms.kinds).map(|paid| paid.since).min().unwrap_or(as_of);
        let head = CaseHead { case: Some(case), state, body: body.clone(), filing: None, about: None };
        let days = Interval::new(since, Some(as_of)).map_err(kept)?;
        Ok(CaseDocument::AmountsInquiry(Box::new(AmountsInquiry {
            head,
            person: paid.person.told_apart(),
            kinds: Vec::new(),
            days,
            check: Some(draft.number.clone()),
        })))
    }
}

/// Writes the inquiries that a permit lets be written. A hit whose row has changed since it was compared is left out: what
/// goes is exactly what was compared.
///
/// # Errors
/// The settings name no body of ours, the list cannot be read, the database does not answer.
pub async fn hit_inquiries(permit: &Permit, ctx: &Context) -> Result<HitInquiries, FlowError> {
    let body = ctx.checks.body.clone().ok_or(CheckError::NoBody)?;
    let number = &permit.row.draft.number;
    let mut tx = ctx.store.read().await?;
    let mut hits: HashMap<[u8; 16], Vec<KeptRow>> = HashMap::new();
    for place in check_places(&mut tx, number, CheckPiece::Hits).await? {
        let piece = check_piece(&mut tx, number, (CheckPiece::Hits, place)).await?.unwrap_or_default();
        for row in KeptRow::all_of(&piece)?.into_iter().filter(|row| permit.has_weak || !row.kinds.is_weak())
        {
            hits.entry(row.digest).or_default().push(row);
        }
    }
    drop(tx);
    let desk = ctx.desk.clone();
    let (found, hits) = Context::aside(move || {
        let mut found: Vec<(u32, PersonInPayment)> = Vec::new();
        let is_there = desk.payments(ROWS_AT_ONCE, &mut |rows| {
            for row in rows {
                let digest = sha256(row.text().unwrap_or_default().as_bytes());
                let digest = digest.0.first_chunk::<16>().copied().unwrap_or_default();
                if let Some(same) = hits.get_mut(&digest)
                    && let (Some(hit), Ok(person)) = (same.pop(), row.read())
                {
                    found.push((hit.line, person));
                }
            }
            ControlFlow::Continue(())
        })?;
        if is_there { Ok((found, hits)) } else { Err(FlowError::from(CheckError::NoList)) }
    })
    .await??;
    let mut gone: Vec<u32> = hits.into_values().flatten().map(|row| row.line).collect();
    gone.sort_unstable();
    let write = |(line, paid): &(u32, PersonInPayment)| {
        Ok((*line, permit.inquiry((*line, paid), (ctx.state, &body))?))
    };
    let written = found.iter().map(write).collect::<Result<Vec<_>, FlowError>>()?;
    Ok(HitInquiries { written, gone })
}

const ROWS_AT_ONCE: usize = 4_096;
