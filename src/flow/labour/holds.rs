//! Legal holds are set and lifted by a person's act; a hold keeps a record whose time is over, and is in the journal.

use super::{LabourError, enabled};
use crate::exchange::canonical::RecordId;
use crate::flow::{Context, FlowError};
use crate::store::{
    HoldKind, HoldRow, JournalDraft, consent_touch, hold_lift, hold_put, journal_append, reveal_find,
    shown_touch, vacancy_touch,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use uuid::Uuid;

/// What is to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldOn {
    /// A consent, with what is left of its profiles and its reveals.
    Consent(Uuid),
    /// A reveal, at the home node or at that of the employer.
    Reveal(Uuid),
    /// A vacancy of ours, by its name between nodes.
    Vacancy(String),
}

/// Sets a hold on a record, until the end of a day (UTC).
///
/// # Errors
/// No such record is kept, the day is over, or the reason is empty; the database.
pub async fn set_hold(
    number: &RecordId,
    on: HoldOn,
    (reason, until): (&str, Date),
    ctx: &Context,
) -> Result<HoldRow, FlowError> {
    enabled(ctx)?;
    let now = ctx.clock.now();
    let ends = until.checked_add(Span::new().days(1)).and_then(|next| next.to_zoned_datetime(TimeZone::UTC));
    let until = ends.map_or(Timestamp::MAX, |at| at.timestamp());
    if until <= now {
        return Err(LabourError::Hold("its last day is over").into());
    }
    if reason.trim().is_empty() {
        return Err(LabourError::Hold("its reason is not told").into());
    }
    let mut tx = ctx.store.begin().await?;
    // under the lock that the sweep takes too: what is gone cannot be held, what is held cannot go
    let (kind, record, is_kept) = match &on {
        HoldOn::Consent(id) => (HoldKind::Consent, id.to_string(), consent_touch(&mut tx, *id).await?),
        HoldOn::Reveal(id) => {
            let here = match reveal_find(&mut tx, *id).await? {
                Some(row) => {
                    consent_touch(&mut tx, row.consent_id).await?
                        && reveal_find(&mut tx, *id).await?.is_some()
                }
                None => shown_touch(&mut tx, *id).await?,
            };
            (HoldKind::Reveal, id.to_string(), here)
        }
        HoldOn::Vacancy(name) => (HoldKind::Vacancy, name.clone(), vacancy_touch(&mut tx, name).await?),
    };
    if !is_kept {
        return Err(LabourError::Hold("no record of this number is kept").into());
    }
    let row = HoldRow {
        number: number.as_str().to_owned(),
        kind,
        record,
        reason: reason.trim().to_owned(),
        until,
        set_at: now,
        lifted_at: None,
    };
    hold_put(&mut tx, &row).await?;
    let detail = format!("hold {} keeps {} {} until {until}", row.number, row.kind, row.record);
    journal_append(&mut tx, &JournalDraft::at(now, "hold_set", detail)).await?;
    tx.commit().await?;
    Ok(row)
}

/// Lifts a hold before its end; how many records it kept.
///
/// # Errors
/// No hold of this number is in force; the database.
pub async fn lift_hold(number: &RecordId, ctx: &Context) -> Result<u64, FlowError> {
    enabled(ctx)?;
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    let lifted = hold_lift(&mut tx, number.as_str(), now).await?;
    if lifted == 0 {
        return Err(LabourError::Hold("no hold of this number is in force").into());
    }
    let detail = format!("hold {} is lifted from {lifted} records", number.as_str());
    journal_append(&mut tx, &JournalDraft::at(now, "hold_lifted", detail)).await?;
    tx.commit().await?;
    Ok(lifted)
}
