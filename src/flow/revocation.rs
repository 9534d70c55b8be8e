//! Keeps what the sources tell of revoked certificates, and journals what is news of it.

use super::note::calls_a_person;
use super::{Context, FlowError, News, StatusSources};
use crate::exchange::seal::{Ask, StatusAnswer, StatusKind};
use crate::store::{
    JournalDraft, RevocationKind, RevocationRow, Store, Tx, journal_append, revocation_forget,
    revocation_list, revocation_put,
};
use jiff::{Timestamp, ToSpan};

/// Asks about certificates that must be known before a document is judged.
///
/// # Errors
/// The database does not answer.
pub(super) async fn ask_statuses(asks: &[Ask], ctx: &Context) -> Result<(), FlowError> {
    match &ctx.revocation {
        Some(sources) => {
            sources.ask(asks).await;
            tell(sources, &ctx.store, ctx.clock.now()).await
        }
        None => Ok(()),
    }
}

/// Asks again what is due, and tells what could not be told before.
///
/// # Errors
/// The database does not answer.
pub async fn refresh_statuses(ctx: &Context) -> Result<(), FlowError> {
    match &ctx.revocation {
        Some(sources) => {
            sources.refresh().await;
            tell(sources, &ctx.store, ctx.clock.now()).await
        }
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
            this_update: row.this_update,
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
    let before = ctx.clock.now().checked_sub(FORGET_AFTER_HOURS.hours()).unwrap_or(Timestamp::MIN);
    let mut tx = ctx.store.begin().await?;
    revocation_forget(&mut tx, before).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells the news of the sources; what cannot be told now is told later.
async fn tell(sources: &StatusSources, store: &Store, now: Timestamp) -> Result<(), FlowError> {
    let untold = sources.untold();
    if untold.news().is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    for row in rows_of(untold.news(), now) {
        revocation_put(&mut tx, &row).await?;
    }
    for one in untold.news() {
        note(&mut tx, one, now).await?;
    }
    tx.commit().await?;
    untold.told();
    Ok(())
}

/// What is to be kept. Two replicas that keep the same answers take the rows in the same order.
fn rows_of(news: &[News], now: Timestamp) -> Vec<RevocationRow> {
    let mut rows: Vec<RevocationRow> = news.iter().filter_map(|one| row_of(one, now)).collect();
    rows.sort_unstable_by(|one, other| {
        let key = |row: &RevocationRow| (row.kind.as_str(), row.issuer.0);
        key(one).cmp(&key(other)).then_with(|| one.serial.cmp(&other.serial))
    });
    rows
}

fn row_of(news: &News, now: Timestamp) -> Option<RevocationRow> {
    let StatusAnswer { kind, issuer, serial, this_update, der } = match news {
        News::Kept(answer) => answer.clone(),
        News::Away { .. } | News::Back { .. } | News::Revoked(_) => return None,
    };
    let kind = match kind {
        StatusKind::Crl => RevocationKind::List,
        StatusKind::Ocsp => RevocationKind::Answer,
    };
    Some(RevocationRow { kind, issuer, serial, answer: der, this_update, came_at: now })
}

async fn note(tx: &mut Tx, news: &News, now: Timestamp) -> Result<(), FlowError> {
    let told = news.to_string();
    let mut entries = Vec::new();
    match news {
        News::Kept(_) => {}
        News::Away { failures, .. } if calls_a_person(*failures) => {
            let asked =
                format!("{told}; it was asked {failures} times. Ask its operator, or correct [revocation]");
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
        journal_append(tx, &JournalDraft::at(now, kind, detail).coded(code)).await?;
    }
    Ok(())
}

/// A hundred days: longer than anybody waits for an answer of before.
const FORGET_AFTER_HOURS: i64 = 100 * 24;

#[cfg(test)]
mod tests {
    use super::super::sources::tests::{Place, now};
    use super::*;
    use crate::base::Digest256;
    use crate::store::{JournalBy, journal_list};

    #[tokio::test]
    async fn what_cannot_be_told_now_is_told_later() {
        let folder = tempfile::tempdir().unwrap();
        let closed = Store::open(folder.path().join("closed.sqlite")).await.unwrap();
        closed.close().await;
        let place = Place::default();
        let (sources, clock) = place.sources(false);
        for is_there in [false, true] {
            place.set_there(is_there);
            sources.ask(&[Ask::about(0, 1)]).await;
            tell(&sources, &closed, now()).await.unwrap_err();
            clock.advance_ms(1_000);
        }
        let open = Store::open(folder.path().join("open.sqlite")).await.unwrap();
        tell(&sources, &open, now()).await.unwrap();
        let mut tx = open.read().await.unwrap();
        let kept = revocation_list(&mut tx).await.unwrap();
        assert_eq!(
            kept.iter().map(|row| (&row.answer, row.this_update)).collect::<Vec<_>>(),
            [(place.list(), now())]
        );
        let away = crate::base::with_causes(&place.refused());
        let away = format!("list does not tell which certificates are revoked: {away}");
        let back = "list tells again which certificates are revoked";
        let journal = journal_list(&mut tx, JournalBy::All, 0, 100).await.unwrap();
        for (kind, told) in [("status_away", away.as_str()), ("status_back", back)] {
            let is_told = journal.iter().any(|row| row.entry.kind == kind && row.entry.detail == told);
            assert!(is_told, "{kind}: {told}");
        }
        assert!(sources.untold().news().is_empty(), "it is told once");
    }

    #[test]
    fn answers_are_kept_in_one_order_whatever_the_order_in_which_they_came() {
        let kept = |kind, issuer, serial: &str| {
            let (issuer, serial, der) = (Digest256([issuer; 32]), serial.to_owned(), Vec::new());
            News::Kept(StatusAnswer { kind, issuer, serial, this_update: now(), der })
        };
        let in_order = || {
            vec![
                kept(StatusKind::Crl, 1, ""),
                kept(StatusKind::Crl, 2, ""),
                kept(StatusKind::Ocsp, 1, "0a"),
                kept(StatusKind::Ocsp, 1, "0b"),
            ]
        };
        let (one, mut other) = (in_order(), in_order());
        other.reverse();
        assert_eq!(rows_of(&one, now()), rows_of(&other, now()));
    }
}
