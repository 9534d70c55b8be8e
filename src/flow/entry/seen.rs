//! The journal of acts as people read it: by login, by object, and who saw a person. And whether table and chain agree.

use super::acts::shown;
use super::requests::PAGE_ROWS;
use super::{EntryError, subject_of};
use crate::access::{Commands, Permit};
use crate::exchange::canonical::Identifier;
use crate::flow::{Context, PersonQuery};
use crate::store::{
    Act, ActsBy, JournalBy, Store, act_count, act_find, act_page, act_range, feed_find, feed_put,
    journal_list,
};
use crate::store::{Tx, case_of_document, chain_page, person_refs};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A page of acts, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActPage {
    /// The acts.
    pub acts: Vec<ActView>,
    /// Where the next page begins; nothing if there is none.
    #[schemars(with = "Option<String>")]
    pub next: Option<Uuid>,
}

/// An act, as pages and programs show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActView {
    /// Its number.
    #[schemars(with = "String")]
    pub id: Uuid,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Who; empty where nobody was known.
    pub login: String,
    /// What he was.
    pub role: Option<String>,
    /// By which door.
    pub via: String,
    /// Which command of the catalogue.
    pub command: String,
    /// To what.
    pub object: String,
    /// About whom: a keyed digest.
    pub subject: Option<String>,
    /// For which purpose.
    pub purpose: Option<String>,
    /// The case it served, or the reason.
    pub served: Option<String>,
    /// Why it was refused or failed.
    pub code: Option<String>,
    /// opened, asked, waiting, done or failed; nothing of what only shows something.
    pub stage: Option<String>,
    /// Why somebody should look at it though it was let through.
    pub flag: Option<String>,
}

/// Whether the table of acts is what the journal says, whose chain is verified by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActsChecked {
    /// How many acts agree.
    pub agree: u64,
    /// Acts that the journal has and the table has not, or has otherwise.
    pub differ: Vec<String>,
    /// How many acts the table has that the journal does not know.
    pub strangers: u64,
}

/// A page of acts before a cursor (nothing: from the latest on).
///
/// # Errors
/// The permit is for another act; the database does not answer.
pub async fn acts(
    permit: &Permit,
    by: ActsBy<'_>,
    before: Option<Uuid>,
    ctx: &Context,
) -> Result<ActPage, EntryError> {
    let wanted: &[&str] = match by {
        ActsBy::All | ActsBy::Login(_) | ActsBy::Object(_) | ActsBy::Flagged => {
            &["journal-view", "journal-export"]
        }
        ActsBy::Subject(_) | ActsBy::Served(_) => &["journal-who-saw"],
    };
    shown(permit, wanted)?;
    page(&mut ctx.store.read().await?, by, before).await
}

/// Who saw a person, by a number of his.
///
/// # Errors
/// The permit is for another act; the database does not answer.
pub async fn who_saw(
    permit: &Permit,
    number: &Identifier,
    before: Option<Uuid>,
    ctx: &Context,
) -> Result<ActPage, EntryError> {
    shown(permit, &["journal-who-saw"])?;
    let subject = subject_of(number, ctx)?;
    let mut tx = ctx.store.read().await?;
    let mut found = act_page(&mut tx, ActsBy::Subject(subject.as_str()), before, PAGE_ROWS).await?;
    // who opened a case of his saw him too
    let query = PersonQuery::Number(vec![number.clone()]);
    let refs = person_refs(&mut tx, &query.digests(&ctx.entry)?, DOCUMENTS_MAX).await?;
    let mut cases = BTreeSet::new();
    for of in refs {
        cases.extend(case_of_document(&mut tx, of.document_id).await?.map(|case| case.as_str().to_owned()));
    }
    for case in &cases {
        let of_case = act_page(&mut tx, ActsBy::Served(case), before, PAGE_ROWS).await?;
        let is_personal =
            |act: &Act| Commands::built_in().find(&act.command).is_ok_and(|command| command.is_personal);
        found.extend(of_case.into_iter().filter(is_personal));
    }
    found.sort_by_key(|act| Reverse(act.id));
    found.dedup_by_key(|act| act.id);
    found.truncate(usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX));
    Ok(page_of(found))
}

/// The same for the command line of the machine.
///
/// # Errors
/// The database does not answer.
pub async fn acts_at_machine(
    store: &Store,
    by: ActsBy<'_>,
    before: Option<Uuid>,
) -> Result<ActPage, EntryError> {
    page(&mut store.read().await?, by, before).await
}

async fn page(tx: &mut Tx, by: ActsBy<'_>, before: Option<Uuid>) -> Result<ActPage, EntryError> {
    Ok(page_of(act_page(tx, by, before, PAGE_ROWS).await?))
}

fn page_of(acts: Vec<Act>) -> ActPage {
    let is_full = u32::try_from(acts.len()).is_ok_and(|count| count >= PAGE_ROWS);
    let next = acts.last().filter(|_| is_full).map(|act| act.id);
    ActPage { acts: acts.into_iter().map(view).collect(), next }
}

pub(super) fn view(act: Act) -> ActView {
    let Act { id, at, login, role, via, command, object, subject, purpose, served, code, stage, flag } = act;
    ActView { id, at, login, role, via, command, object, subject, purpose, served, code, stage, flag }
}

/// Compares the table of acts with the journal, entry by entry.
///
/// # Errors
/// The database does not answer.
pub async fn check_acts(store: &Store) -> Result<ActsChecked, EntryError> {
    let mut tx = store.read().await?;
    let (mut checked, mut after) = (ActsChecked::default(), 0);
    loop {
        let rows = journal_list(&mut tx, JournalBy::All, after, ENTRIES).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        let told = rows.into_iter().filter(|row| row.entry.kind == Act::KIND);
        let told: Vec<(i64, Option<Act>)> =
            told.map(|row| (row.id, serde_json::from_str(&row.entry.detail).ok())).collect();
        // numbers follow the time, and so do entries: what stands together is read together
        let ids = || told.iter().filter_map(|(_, act)| act.as_ref().map(|act| act.id));
        let kept: BTreeMap<Uuid, Act> = match ids().min().zip(ids().max()) {
            Some((first, last)) => {
                let acts = act_range(&mut tx, first, last, RANGE_MAX).await?;
                acts.into_iter().map(|act| (act.id, act)).collect()
            }
            None => BTreeMap::new(),
        };
        for (number, told) in told {
            let kept = match &told {
                Some(act) => match kept.get(&act.id) {
                    Some(kept) => Some(kept.clone()),
                    None => act_find(&mut tx, act.id).await?,
                },
                None => None,
            };
            if kept.is_some() && kept == told {
                checked.agree += 1;
            } else {
                checked.differ.push(told.map_or_else(|| format!("entry {number}"), |act| act.id.to_string()));
            }
        }
    }
    let of_journal = checked.agree + u64::try_from(checked.differ.len()).unwrap_or(u64::MAX);
    checked.strangers = act_count(&mut tx).await?.saturating_sub(of_journal);
    Ok(checked)
}

/// What a feed has not read of the acts, in the order of the chain, and up to which link that is (A26). Only what is linked is
/// told: the order of the chain has no gaps, whoever commits late.
///
/// # Errors
/// The database does not answer.
pub async fn feed(store: &Store, name: &str) -> Result<(Vec<Act>, i64), EntryError> {
    let mut tx = store.read().await?;
    let from = feed_find(&mut tx, name).await?;
    let page = chain_page(&mut tx, from, ENTRIES).await?;
    let entries = page.links.into_iter().filter_map(|(_, entry)| entry);
    let acts = entries.filter(|entry| entry.kind == Act::KIND);
    Ok((acts.filter_map(|entry| serde_json::from_str(&entry.detail).ok()).collect(), page.last.max(from)))
}

/// Notes that a feed has told what it read up to a link.
///
/// # Errors
/// The database does not answer.
pub async fn feed_told(store: &Store, name: &str, number: i64) -> Result<(), EntryError> {
    let mut tx = store.begin().await?;
    feed_put(&mut tx, name, number).await?;
    Ok(tx.commit().await?)
}

const ENTRIES: u32 = 1_000;
/// Acts that are read at once to be compared: some of other pages stand between.
const RANGE_MAX: u32 = 4_000;
/// Documents of a person whose cases are looked at.
const DOCUMENTS_MAX: u32 = 500;
