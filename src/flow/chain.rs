//! Chains the journal: links what was committed and signs the head from time to time.
//!
//! The work is read and computed beside those who write; only the finished links wait for their turn. Whoever comes
//! second finds that the head has moved and looks again.

use super::{Context, FlowError};
use crate::store::{
    Break, ChainHead, ChainPage, ChainSeal, Store, StoreError, Verifier, chain_head, chain_link, chain_page,
    chain_seal_last, chain_seal_put, chain_strangers, chain_unlinked,
};
use jiff::{SignedDuration, Timestamp};

/// Whether the journal may have more to link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// Nothing waits.
    All,
    /// A batch was linked, by us or by another process, and more may wait.
    Some,
}

/// When the head is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// When enough was linked or enough time has passed since it was signed last.
    WhenDue,
    /// Whenever it has moved since.
    Now,
}

/// Links one batch of what waits.
///
/// # Errors
/// The database does not answer.
pub async fn link_journal(ctx: &Context) -> Result<Linked, FlowError> {
    let mut tx = ctx.store.read().await?;
    let head = chain_head(&mut tx).await?;
    let entries = chain_unlinked(&mut tx, 0, BATCH).await?;
    drop(tx);
    if entries.is_empty() {
        return Ok(Linked::All);
    }
    let links = head.follow(&entries);
    let mut tx = ctx.store.begin().await?;
    if chain_link(&mut tx, head, &links).await? {
        tx.commit().await?;
    }
    let is_full = u32::try_from(entries.len()).is_ok_and(|linked| linked >= BATCH);
    Ok(if is_full { Linked::Some } else { Linked::All })
}

/// Signs the head of the chain, if it is time to.
///
/// # Errors
/// The database does not answer, or the key cannot sign.
pub async fn seal_journal(sealing: Sealing, ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.read().await?;
    let head = chain_head(&mut tx).await?;
    let last = chain_seal_last(&mut tx).await?;
    drop(tx);
    if !is_due(sealing, head, last.as_ref(), now) {
        return Ok(());
    }
    let (signers, state) = (ctx.signers.get(), ctx.state);
    let seal = Context::aside(move || ChainSeal::make(head, now, state, signers.first()?)).await??;
    let mut tx = ctx.store.begin().await?;
    chain_seal_put(&mut tx, &seal).await?;
    tx.commit().await?;
    // A log that is kept elsewhere knows of this head even if all seals are deleted here.
    tracing::info!(link = seal.number, hash = %seal.hash, "the head of the journal is sealed");
    Ok(())
}

/// Verifies the whole journal of a database, a page at a time; what is found is shown page by page. The node may run.
///
/// # Errors
/// The database does not answer.
pub async fn verify_journal(
    store: &Store,
    verifier: &mut Verifier,
    mut see: impl FnMut(&Verifier, Vec<Break>),
) -> Result<(), FlowError> {
    let mut page = page_behind(store.clone(), 0).await?;
    loop {
        // The next page is on its way while this one is looked at.
        let next = (!page.is_last).then(|| tokio::spawn(page_behind(store.clone(), page.last)));
        let found = verifier.page(&page);
        see(verifier, found);
        match next {
            Some(next) => page = next.await.map_err(|_stopping| FlowError::CutOff)??,
            None => break,
        }
    }
    let mut found = verifier.head(page.head);
    let beside = chain_strangers(&mut store.read().await?, STRANGERS_MAX).await?;
    found.extend(verifier.beside(beside));
    see(verifier, found);
    Ok(())
}

async fn page_behind(store: Store, after: i64) -> Result<ChainPage, StoreError> {
    chain_page(&mut store.read().await?, after, PAGE).await
}

fn is_due(sealing: Sealing, head: ChainHead, last: Option<&ChainSeal>, now: Timestamp) -> bool {
    let Some(last) = last else { return head.number > 0 };
    let more = head.number.saturating_sub(last.number);
    match sealing {
        Sealing::Now => more > 0,
        Sealing::WhenDue => more >= LINKS_MAX || more > 0 && now.duration_since(last.at) >= UNSEALED_MAX,
    }
}

/// How many entries are linked at once.
const BATCH: u32 = 1_000;
/// How many links are verified at once.
const PAGE: u32 = 4_000;
/// How many entries beside the chain are told; more is another database altogether.
const STRANGERS_MAX: u32 = 100_000;
/// How many links and how much time may stand behind the last seal.
const LINKS_MAX: i64 = 10_000;
const UNSEALED_MAX: SignedDuration = SignedDuration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Digest256;

    #[test]
    fn the_head_is_sealed_at_first_then_after_many_links_or_an_hour_and_at_the_end() {
        let at = |s: i64| Timestamp::from_second(1_700_000_000 + s).unwrap();
        let head = |number| ChainHead { number, hash: Digest256([1; 32]) };
        let hash = Digest256([1; 32]);
        let last = ChainSeal { number: 5, hash, at: at(0), signer: hash, signature: Vec::new() };
        let due = |sealing, number, now| is_due(sealing, head(number), Some(&last), at(now));
        assert!(!is_due(Sealing::WhenDue, head(0), None, at(0)), "there is nothing to seal");
        assert!(is_due(Sealing::WhenDue, head(1), None, at(0)));
        assert!(!due(Sealing::WhenDue, 10_004, 3_599));
        assert!(due(Sealing::WhenDue, 10_005, 0));
        assert!(due(Sealing::WhenDue, 6, 3_600));
        assert!(!due(Sealing::WhenDue, 5, 1_000_000), "nothing new");
        assert!(due(Sealing::Now, 6, 0) && !due(Sealing::Now, 5, 0));
    }
}
