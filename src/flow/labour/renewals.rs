//! A person is asked whether he renews a consent before it ends, once (`privacy.md` §4): a clerk finds that in the journal and in
//! the ledger of the worker. Nobody is asked by silence: a consent that is not renewed ends.

use crate::flow::{Context, FlowError};
use crate::store::{JournalDraft, journal_append, renewal_asked, renewals_due};

/// Has persons asked whose consents end soon, as many as are due up to a bound; how many.
///
/// # Errors
/// The database.
pub async fn ask_renewals(ctx: &Context) -> Result<usize, FlowError> {
    let now = ctx.clock.now();
    let due = renewals_due(&mut ctx.store.read().await?, now, AT_ONCE).await?;
    let mut asked = 0;
    for consent in &due {
        let terms = consent.terms();
        let mut tx = ctx.store.begin().await?;
        if !renewal_asked(&mut tx, terms.id).await? {
            continue; // another replica asked, or it has ended
        }
        if terms.expires_at > now {
            let detail = format!(
                "ask whether consent {} for {} is renewed; it ends at {}",
                terms.id,
                terms.purpose.as_str(),
                terms.expires_at
            );
            let entry = JournalDraft::at(now, "ask_person", detail).coded(Some("labour.renewal"));
            journal_append(&mut tx, &entry).await?;
            asked += 1;
        }
        tx.commit().await?;
    }
    Ok(asked)
}

const AT_ONCE: u32 = 200;
