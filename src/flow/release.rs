//! What a start and an operator let go.

use super::FlowError;
use crate::base::Clock;
use crate::store::{
    JournalDraft, RowId, Store, StoreError, inbox_release, journal_append, lease_release_all, outbox_release,
};

/// Whether a row was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// It goes on from the stage it had reached.
    GoesOn,
    /// It does not wait for a person, or is not there.
    NotWaiting,
}

/// Lets go a message that is parked or quarantined; the journal says so.
///
/// # Errors
/// The database does not answer.
pub async fn release(id: RowId, store: &Store, clock: &dyn Clock) -> Result<Released, FlowError> {
    let mut tx = store.begin().await?;
    let released = match id {
        RowId::Outbox(id) => outbox_release(&mut tx, id).await,
        RowId::Inbox(id) => inbox_release(&mut tx, id).await,
    };
    match released {
        Ok(()) => {}
        Err(StoreError::Transition { .. } | StoreError::Missing { .. }) => return Ok(Released::NotWaiting),
        Err(error) => return Err(error.into()),
    }
    let detail = format!("{id} was released by the operator");
    journal_append(&mut tx, &JournalDraft::at(clock.now(), "released", detail)).await?;
    tx.commit().await?;
    Ok(Released::GoesOn)
}

/// Gives back what a run before had claimed; only where no other process can hold a lease.
///
/// # Errors
/// The database does not answer.
pub async fn take_back_leases(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    lease_release_all(&mut tx).await?;
    tx.commit().await
}
