//! The chain in the database: what waits for its link, the links, their head.

use super::entry::{FORM, entry_columns};
use super::sealed::chain_seals;
use super::walk::START;
use super::{Break, ChainSeal, JournalEntry};
use crate::base::Digest256;
use crate::store::row::RowReader;
use crate::store::sqlite_query;
use crate::store::tx::{change, on};
use crate::store::{StoreError, Tx};
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, FromRow, Row, Type};

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its place; the first is 1, and there are no gaps.
    pub number: i64,
    /// The key of its entry.
    pub entry_id: i64,
    /// How its hash is computed.
    pub form: i64,
    /// The hash.
    pub hash: Digest256,
}

/// Some links in their order.
#[derive(Debug)]
pub struct ChainPage {
    /// Each with its entry, if that is there.
    pub links: Vec<(Link, Option<JournalEntry>)>,
    /// The seals of these links; on the last page also those of links that are not there.
    pub seals: Vec<ChainSeal>,
    /// The head at the same instant.
    pub head: ChainHead,
    /// The number of the last link.
    pub last: i64,
    /// Whether the chain ends with this page.
    pub is_last: bool,
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The number of the last link, 0 while there is none.
    pub number: i64,
    /// Its hash.
    pub hash: Digest256,
}

/// How long the chain is and how much waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainCounts {
    /// Links.
    pub linked: i64,
    /// Entries that wait for their link.
    pub unlinked: i64,
}

impl ChainHead {
    /// The links that entries get behind this head.
    pub fn follow(self, entries: &[JournalEntry]) -> Vec<Link> {
        let mut head = self;
        let mut links = Vec::with_capacity(entries.len());
        for entry in entries {
            let number = head.number.saturating_add(1);
            let Some(hash) = entry.link(number, FORM, &head.hash) else { break };
            links.push(Link { number, entry_id: entry.id, form: FORM, hash });
            head = Self { number, hash };
        }
        links
    }
}

/// Where the chain ends.
pub async fn chain_head(tx: &mut Tx) -> Result<ChainHead, StoreError> {
    head(tx, HEAD).await
}

/// Up to `limit` entries after `after` (0: from the start) that wait for their link, by their keys.
pub async fn chain_unlinked(tx: &mut Tx, after: i64, limit: u32) -> Result<Vec<JournalEntry>, StoreError> {
    on!(tx, "find what waits for its link", connection =>
        sqlx::query_as(UNLINKED).bind(after).bind(i64::from(limit)).fetch_all(connection))
}

/// Adds links behind the head they were made for; false if another was faster, and nothing is changed then.
pub async fn chain_link(tx: &mut Tx, made_for: ChainHead, links: &[Link]) -> Result<bool, StoreError> {
    let Some(last) = links.last() else { return Ok(true) };
    let text = tx.text(HEAD, HEAD_LOCKING);
    if head(tx, text).await? != made_for {
        return Ok(false);
    }
    let mut rest = links;
    while let Some(size) = SIZES.into_iter().find(|size| *size <= rest.len()) {
        let (some, others) = rest.split_at_checked(size).unwrap_or((rest, &[]));
        put(tx, some).await?;
        rest = others;
    }
    change!(tx, "end the wait for links", sqlx::query(LINKED).bind(made_for.number))?;
    change!(
        tx,
        "move the head of the chain",
        sqlx::query(MOVE_HEAD).bind(last.number).bind(last.hash.0.as_slice())
    )?;
    Ok(true)
}

/// Up to `limit` links behind `after` (0: from the start) with their entries, and the seals of these links.
pub async fn chain_page(tx: &mut Tx, after: i64, limit: u32) -> Result<ChainPage, StoreError> {
    let rows: Vec<RawLink> = on!(tx, "read the chain", connection => sqlx::query_as(PAGE)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    let is_last = u32::try_from(rows.len()).is_ok_and(|found| found < limit);
    let links: Vec<_> = rows.into_iter().map(RawLink::parse).collect();
    let last = links.last().map_or(after, |(link, _)| link.number);
    let to = if is_last { i64::MAX } else { last };
    Ok(ChainPage {
        seals: chain_seals(tx, after, to).await?,
        head: chain_head(tx).await?,
        links,
        last,
        is_last,
    })
}

/// Up to `limit` breaks that lie beside the chain: entries that nobody put there as the node does, and waiting ones
/// that are gone.
pub async fn chain_strangers(tx: &mut Tx, limit: u32) -> Result<Vec<Break>, StoreError> {
    let strangers: Vec<i64> = on!(tx, "find entries beside the chain", connection =>
        sqlx::query_scalar(STRANGERS).bind(i64::from(limit)).fetch_all(connection))?;
    let gone: Vec<i64> = on!(tx, "find waiting entries that are gone", connection =>
        sqlx::query_scalar(GONE).bind(i64::from(limit)).fetch_all(connection))?;
    let strangers = strangers.into_iter().map(|entry| Break::Stranger { entry });
    Ok(strangers.chain(gone.into_iter().map(|entry| Break::WaitingMissing { entry })).collect())
}

/// How many links there are, by the head, and how many entries wait.
pub async fn chain_counts(tx: &mut Tx) -> Result<ChainCounts, StoreError> {
    let linked = chain_head(tx).await?.number;
    Ok(ChainCounts { linked, unlinked: chain_waiting(tx).await? })
}

/// How many entries wait for their link.
pub async fn chain_waiting(tx: &mut Tx) -> Result<i64, StoreError> {
    on!(tx, "count what waits for its link", connection => sqlx::query_scalar(WAITING).fetch_one(connection))
}

async fn head(tx: &mut Tx, text: &'static str) -> Result<ChainHead, StoreError> {
    let row: Option<(i64, Vec<u8>)> = on!(tx, "find the head of the chain", connection =>
        sqlx::query_as(text).fetch_optional(connection))?;
    let Some((number, hash)) = row else {
        return Err(StoreError::Missing { table: "journal_head", id: "1".to_owned() });
    };
    let hash = RowReader { table: "journal_head", id: &number }.digest("hash", &hash)?;
    Ok(ChainHead { number, hash })
}

/// Statements of few sizes, so that each is prepared once.
async fn put(tx: &mut Tx, links: &[Link]) -> Result<(), StoreError> {
    let rows: Vec<String> = (0..links.len())
        .map(|row| format!("(${}, ${}, ${}, ${})", row * 4 + 1, row * 4 + 2, row * 4 + 3, row * 4 + 4))
        .collect();
    let text = format!("INSERT INTO journal_chain (number, entry_id, form, hash) VALUES {}", rows.join(", "));
    change!(tx, "add links to the chain", {
        let mut query = sqlx::query(AssertSqlSafe(text.clone())); // made of numbers alone
        for link in links {
            query = query.bind(link.number).bind(link.entry_id).bind(link.form).bind(link.hash.0.as_slice());
        }
        query
    })?;
    Ok(())
}

struct RawLink {
    number: i64,
    entry_id: i64,
    form: i64,
    hash: Vec<u8>,
    entry: Option<JournalEntry>,
}

impl RawLink {
    fn parse(self) -> (Link, Option<JournalEntry>) {
        let Self { number, entry_id, form, hash, entry } = self;
        // A hash of another length is a change like any other, to be told with the rest.
        let hash = hash.as_slice().try_into().map_or(START, Digest256);
        (Link { number, entry_id, form, hash }, entry)
    }
}

/// Reads a link and its entry, if that is there, out of a row of any engine.
macro_rules! link_of {
    ($row:expr, $entry:path) => {{
        let entry: Option<i64> = $row.try_get(4)?;
        Ok(Self {
            number: $row.try_get(0)?,
            entry_id: $row.try_get(1)?,
            form: $row.try_get(2)?,
            hash: $row.try_get(3)?,
            entry: entry.is_some().then(|| $entry($row, 4)).transpose()?,
        })
    }};
}

impl<'r, R> FromRow<'r, R> for RawLink
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        link_of!(row, JournalEntry::from_columns)
    }
}

impl sqlite_query::FromRow for RawLink {
    fn from_row(row: &sqlite_query::Row<'_>) -> Result<Self, sqlx::Error> {
        link_of!(row, JournalEntry::from_written)
    }
}

const HEAD: &str = "SELECT number, hash FROM journal_head WHERE only_row = 1";
const HEAD_LOCKING: &str = "SELECT number, hash FROM journal_head WHERE only_row = 1 FOR UPDATE";

const MOVE_HEAD: &str = "UPDATE journal_head SET number = $1, hash = $2 WHERE only_row = 1";

const UNLINKED: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM journal_unlinked AS waiting JOIN journal AS j ON j.id = waiting.id WHERE waiting.id > $1 ORDER BY waiting.id LIMIT $2"
);

const LINKED: &str = "
    DELETE FROM journal_unlinked
    WHERE id IN (SELECT journal_chain.entry_id FROM journal_chain WHERE journal_chain.number > $1)";

const PAGE: &str = concat!(
    "SELECT link.number, link.entry_id, link.form, link.hash, ",
    entry_columns!(),
    " FROM journal_chain AS link LEFT JOIN journal AS j ON j.id = link.entry_id
      WHERE link.number > $1 ORDER BY link.number LIMIT $2"
);

const STRANGERS: &str = "
    SELECT j.id FROM journal AS j
    WHERE NOT EXISTS (SELECT 1 FROM journal_chain AS link WHERE link.entry_id = j.id)
      AND NOT EXISTS (SELECT 1 FROM journal_unlinked AS waiting WHERE waiting.id = j.id)
    ORDER BY j.id LIMIT $1";

const GONE: &str = "
    SELECT waiting.id FROM journal_unlinked AS waiting
    WHERE NOT EXISTS (SELECT 1 FROM journal AS j WHERE j.id = waiting.id)
    ORDER BY waiting.id LIMIT $1";

const WAITING: &str = "SELECT COUNT(*) FROM journal_unlinked";

/// How many links go into one statement.
const SIZES: [usize; 3] = [250, 20, 1];
