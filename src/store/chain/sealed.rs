//! Heads of the chain that the node has signed.

use crate::base::Digest256;
use crate::exchange::canonical::State;
use crate::exchange::seal::{SealError, Signer, Witness, attest};
use crate::store::row::RowReader;
use crate::store::tx::{change, on};
use crate::store::{ChainHead, StoreError, Tx};
use jiff::Timestamp;

/// A head of the chain under the node's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSeal {
    /// Which link.
    pub number: i64,
    /// Its hash.
    pub hash: Digest256,
    /// When it was signed.
    pub at: Timestamp,
    /// The SHA-256 of the signer's certificate.
    pub signer: Digest256,
    /// The signature.
    pub signature: Vec<u8>,
}

impl ChainSeal {
    /// Signs a head.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn make(head: ChainHead, at: Timestamp, state: State, signer: &Signer) -> Result<Self, SealError> {
        let ChainHead { number, hash } = head;
        let signature = attest(&told(state, number, &hash, at), signer)?;
        Ok(Self { number, hash, at, signer: signer.fingerprint()?, signature })
    }

    /// Whether the signature is one of the certificates' that are at hand; nothing if its certificate is not there.
    pub fn is_of(&self, state: State, witness: &Witness) -> Option<bool> {
        witness.confirms(&self.signer, &told(state, self.number, &self.hash, self.at), &self.signature)
    }
}

/// What is signed.
fn told(state: State, number: i64, hash: &Digest256, at: Timestamp) -> String {
    format!("head of the journal of {state}\nlink {number}\nsha-256 {hash}\nat {}\n", at.as_millisecond())
}

/// Stores a seal; of two for the same link the first is kept.
pub async fn chain_seal_put(tx: &mut Tx, seal: &ChainSeal) -> Result<(), StoreError> {
    change!(
        tx,
        "store a seal of the journal",
        sqlx::query(PUT)
            .bind(seal.number)
            .bind(seal.hash.0.as_slice())
            .bind(seal.at.as_millisecond())
            .bind(seal.signer.0.as_slice())
            .bind(&seal.signature)
    )?;
    Ok(())
}

/// The last seal, if there is one.
pub async fn chain_seal_last(tx: &mut Tx) -> Result<Option<ChainSeal>, StoreError> {
    let row: Option<RawSeal> = on!(tx, "find the last seal of the journal", connection =>
        sqlx::query_as(LAST).fetch_optional(connection))?;
    row.map(parse).transpose()
}

/// The seals of the links after `after` up to `to`, in their order.
pub(super) async fn chain_seals(tx: &mut Tx, after: i64, to: i64) -> Result<Vec<ChainSeal>, StoreError> {
    let rows: Vec<RawSeal> = on!(tx, "list the seals of the journal", connection => sqlx::query_as(LIST)
        .bind(after)
        .bind(to)
        .fetch_all(connection))?;
    rows.into_iter().map(parse).collect()
}

type RawSeal = (i64, Vec<u8>, i64, Vec<u8>, Vec<u8>);

fn parse((number, hash, at, signer, signature): RawSeal) -> Result<ChainSeal, StoreError> {
    let reader = RowReader { table: "journal_seal", id: &number };
    Ok(ChainSeal {
        number,
        hash: reader.digest("hash", &hash)?,
        at: reader.instant("at", at)?,
        signer: reader.digest("signer", &signer)?,
        signature,
    })
}

const PUT: &str = "
    INSERT INTO journal_seal (number, hash, at, signer, signature) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (number) DO NOTHING";

const LAST: &str =
    "SELECT number, hash, at, signer, signature FROM journal_seal ORDER BY number DESC LIMIT 1";

const LIST: &str = "
    SELECT number, hash, at, signer, signature FROM journal_seal WHERE number > $1 AND number <= $2 ORDER BY number";
