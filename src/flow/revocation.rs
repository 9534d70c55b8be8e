//! Keeps what the sources tell of revoked certificates, and journals what is news of it.

use super::note::calls_a_person;
use super::{Context, FlowError, News};
use crate::exchange::seal::{Ask, StatusAnswer, StatusKind};
use crate::store::{
    JournalDraft, RevocationKind, RevocationRow, journal_append, revocation_forget, revocation_list,
    revocation_put,
};
use jiff::ToSpan;

/// Asks about certificates that must be known before a document is judged.
///
/// # Errors
/// The database does not answer.
pub(super) async fn ask_statuses(asks: &[Ask], ctx: &Context) -> Result<(), FlowError> {
    match &ctx.revocation {
        Some(sources) => tell(sources.ask(asks).await, ctx).await,
        None => Ok(()),
    }
}

/// Asks again what is due.
///
/// # Errors
/// The database does not answer.
pub async fn refresh_statuses(ctx: &Context) -> Result<(), FlowError> {
    match &ctx.revocation {
        Some(sources) => tell(sources.refresh().await, ctx).await,
        None => Ok(()),
    }
}

/// Takes what was kept when the node last ran.
///
/// # Errors
/// The database does not answer.
pub async fn load_statuses(ctx: &Context) -> Result<(), FlowError> {
    let Some(sources) = &ctx.revocation else { return Ok(()) };
    let mut tx = ctx.store.read().await?;
    let rows = revocation_list(&mut tx).await?;
    tx.commit().await?;
    let (statuses, now) = (sources.statuses().clone(), ctx.clock.now());
    Context::aside(move || {
        let answers = rows.into_iter().map(|row| StatusAnswer {
            kind: match row.kind {
                RevocationKind::List => StatusKind::Crl,
                RevocationKind::Answer => StatusKind::Ocsp,
            },
            issuer: row.issuer,
            serial: row.serial,
            der: row.answer,
        });
        statuses.load(&answers.collect::<Vec<_>>(), now);
    })
    .await
}

/// Forgets answers about certificates that nobody has met for long.
///
/// # Errors
/// The database does not answer.
pub async fn forget_statuses(ctx: &Context) -> Result<(), FlowError> {
    if ctx.revocation.is_none() {
        return Ok(());
    }
    let before = ctx.clock.now().checked_sub(FORGET_AFTER_HOURS.hours()).unwrap_or(jiff::Timestamp::MIN);
    let mut tx = ctx.store.begin().await?;
    revocation_forget(&mut tx, before).await?;
    tx.commit().await?;
    Ok(())
}

async fn tell(news: Vec<News>, ctx: &Context) -> Result<(), FlowError> {
    let is_worth_it = |news: &News| match news {
        News::Away { failures, .. } => *failures == 1 || calls_a_person(*failures),
        News::Kept(_) | News::Back { .. } | News::Revoked(_) => true,
    };
    let news: Vec<News> = news.into_iter().filter(is_worth_it).collect();
    if news.is_empty() {
        return Ok(());
    }
    let now = ctx.clock.now();
    let mut tx = ctx.store.begin().await?;
    for one in news {
        let told = one.to_string();
        let mut entries = Vec::new();
        match one {
            News::Kept(StatusAnswer { kind, issuer, serial, der }) => {
                let kind = match kind {
                    StatusKind::Crl => RevocationKind::List,
                    StatusKind::Ocsp => RevocationKind::Answer,
                };
                let row = RevocationRow { kind, issuer, serial, answer: der, came_at: now };
                revocation_put(&mut tx, &row).await?;
                continue;
            }
            News::Away { failures, .. } if calls_a_person(failures) => {
                let asked = format!(
                    "{told}; it was asked {failures} times. Ask its operator, or correct [revocation]"
                );
                entries.push(("ask_person", Some("flow.status_away"), asked));
            }
            News::Away { .. } => entries.push(("status_away", Some("flow.status_away"), told)),
            News::Back { .. } => entries.push(("status_back", None, told)),
            News::Revoked(_) => {
                let asked = format!("{told}. Ask its holder what of it still counts");
                entries.push(("ask_person", Some("seal.revoked"), asked));
                entries.push(("revoked", Some("seal.revoked"), told));
            }
        }
        for (kind, code, detail) in entries {
            tracing::warn!(kind, detail, "revocation");
            journal_append(&mut tx, &JournalDraft::at(now, kind, detail).coded(code)).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// A hundred days: longer than anybody waits for an answer of before.
const FORGET_AFTER_HOURS: i64 = 100 * 24;
