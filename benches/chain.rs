//! The chain over the journal at a million entries: how fast it is linked and verified on an SQLite file.
//!
//! `cargo bench --locked --bench chain -- 1000000` prints the rates. On a busy machine most of a rate is lost, so
//! that its limit is wide.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints and may fail by panic")]

use stazh::base::{ConversationId, DocumentId, MessageId, OsRandom, ProcedureId, Random};
use stazh::exchange::canonical::State;
use stazh::exchange::seal::Witness;
use stazh::flow::verify_journal;
use stazh::store::{
    Direction, JournalDraft, Store, Verifier, chain_head, chain_link, chain_unlinked, journal_append,
};
use std::time::Instant;

#[tokio::main]
async fn main() {
    let entries: u32 = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.db");
    let store = Store::open(&path).await.unwrap();
    let begun = Instant::now();
    let mut left = entries;
    while left > 0 {
        let mut tx = store.begin().await.unwrap();
        for _ in 0..left.min(BATCH) {
            journal_append(&mut tx, &entry()).await.unwrap();
        }
        tx.commit().await.unwrap();
        left = left.saturating_sub(BATCH);
    }
    report("appended", entries, begun);
    let begun = Instant::now();
    loop {
        let mut tx = store.read().await.unwrap();
        let head = chain_head(&mut tx).await.unwrap();
        let waiting = chain_unlinked(&mut tx, 0, BATCH).await.unwrap();
        drop(tx);
        if waiting.is_empty() {
            break;
        }
        let mut tx = store.begin().await.unwrap();
        assert!(chain_link(&mut tx, head, &head.follow(&waiting)).await.unwrap());
        tx.commit().await.unwrap();
    }
    report("linked", entries, begun);
    let begun = Instant::now();
    let mut verifier = Verifier::new(State::Ru, Witness::default());
    verify_journal(&store, &mut verifier, |_, found| assert_eq!(found, [])).await.unwrap();
    assert_eq!(verifier.links(), u64::from(entries));
    let rate = report("verified", entries, begun);
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("the file has {} bytes an entry", bytes / u64::from(entries));
    assert!(rate > RATE_MIN, "verifying is slower than {RATE_MIN} entries a second");
}

/// As long as those of an exchange.
fn entry() -> JournalDraft {
    let random = OsRandom::default();
    JournalDraft {
        message_id: Some(MessageId::from_uuid(random.uuid())),
        relates_to: Some(MessageId::from_uuid(random.uuid())),
        conversation_id: Some(ConversationId::from_uuid(random.uuid())),
        procedure_id: Some(ProcedureId::start(random.uuid())),
        document_id: Some(DocumentId::from_uuid(random.uuid())),
        peer: Some("KZ".to_owned()),
        direction: Some(Direction::Out),
        action: Some("int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/P.XP.01.MSG.001".to_owned()),
        to: Some("EAEU://KZ/CP/P.XP.01/P.XP.01.ACT.002".to_owned()),
        reply_to: Some("EAEU://RU/CP/P.XP.01/P.XP.01.ACT.001".to_owned()),
        ..JournalDraft::at(jiff::Timestamp::UNIX_EPOCH, "sent", "P.XP.01.MSG.001")
    }
}

fn report(what: &str, entries: u32, begun: Instant) -> f64 {
    let rate = f64::from(entries) / begun.elapsed().as_secs_f64();
    println!("{what}: {:.1} s, {rate:.0} entries a second", begun.elapsed().as_secs_f64());
    rate
}

const BATCH: u32 = 1_000;
const RATE_MIN: f64 = 50_000.0;
