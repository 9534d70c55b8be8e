//! Second factors that were kept bare are locked once there is a key.

use super::{EntryError, EntryPolicy};
use crate::access::KeptFactor;
use crate::base::Random;
use crate::store::{Store, account_lock, account_page, account_update};

/// Locks what was kept bare under the key of the node, and tells how many second factors were locked under another one.
///
/// # Errors
/// The database does not answer.
pub async fn lock_factors(
    policy: &EntryPolicy,
    store: &Store,
    random: &dyn Random,
) -> Result<usize, EntryError> {
    let (mut strange, mut after) = (0, String::new());
    loop {
        let page = account_page(&mut store.read().await?, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(strange) };
        after.clone_from(&last.login);
        for row in page {
            let kept = [&row.factor, &row.factor_offered];
            if kept.iter().any(|kept| kept.as_ref().is_some_and(KeptFactor::is_bare)) {
                lock(&row.login, policy, store, random).await?;
            } else if row.factor.as_ref().is_some_and(|kept| policy.open_factor(&row.login, kept).is_err()) {
                strange += 1;
            }
        }
    }
}

async fn lock(
    login: &str,
    policy: &EntryPolicy,
    store: &Store,
    random: &dyn Random,
) -> Result<(), EntryError> {
    let mut tx = store.begin().await?;
    let Some(mut account) = account_lock(&mut tx, login).await? else { return Ok(()) };
    let locked = |kept: Option<KeptFactor>| match kept {
        Some(bare) if bare.is_bare() => {
            let factor = policy.open_factor(login, &bare)?;
            policy.lock_factor(login, &factor, random).map(Some)
        }
        other => Ok(other),
    };
    (account.factor, account.factor_offered) =
        (locked(account.factor.take())?, locked(account.factor_offered.take())?);
    account_update(&mut tx, &account).await?;
    Ok(tx.commit().await?)
}

const PAGE: u32 = 1_000;
