//! Two workers at one message: a clock that jumps ahead ends a lease before its time.

use crate::nodes::{TestDesk, World};
use crate::refusals::Stage;
use stazh::base::{Clock, Digest256, FixedClock, SystemClock};
use stazh::exchange::transit::{Fault, RawHeaders, Subcode};
use stazh::exchange::wire::Envelope;
use stazh::flow::{claim_inbox, settle};
use stazh::node::Node;
use stazh::store::{Arrival, InboxDraft, InboxState, inbox_find, inbox_hold};
use std::sync::Arc;

#[tokio::test]
async fn who_comes_second_after_a_jump_of_the_clock_changes_nothing_and_is_told_it_was_a_race() {
    let world = World::new();
    let settings = world.settle("RU", "KZ");
    world.settle("KZ", "RU"); // its authority is trusted
    let identity = Stage::identity_of(&settings);
    let mut ctx = Node::context(&settings, &identity, Arc::new(TestDesk::default())).await.unwrap();
    let clock = Arc::new(FixedClock::at(SystemClock.now()));
    ctx.clock = clock.clone();
    let fault = Fault::new(Subcode::DataError, "nothing of importance");
    let raw =
        Envelope::write_fault(&fault, ("EAEU://KZ/SR/gate", "urn:uuid:1"), &RawHeaders::default(), None);
    let draft = InboxDraft {
        peer: "KZ".to_owned(),
        message_id: None,
        relates_to: None,
        conversation_id: None,
        procedure_id: None,
        action: fault.action().to_owned(),
        raw: raw.unwrap(),
        digest: Digest256([1; 32]),
        headers: String::new(),
        received_at: clock.now(),
        arrival: Arrival::Held,
    };
    let mut tx = ctx.store.begin().await.unwrap();
    let id = inbox_hold(&mut tx, &draft).await.unwrap();
    tx.commit().await.unwrap();
    let first = claim_inbox(1, &[], &ctx).await.unwrap().remove(0);
    assert!(claim_inbox(1, &[], &ctx).await.unwrap().is_empty(), "it is the first one's");
    clock.advance_ms(2 * ctx.limits.lease_ms);
    let second = claim_inbox(1, &[], &ctx).await.unwrap().remove(0);
    settle(second, &ctx).await.unwrap();
    let lost = settle(first, &ctx).await.unwrap_err();
    assert!(lost.is_lost_race(), "{lost}");
    let row = inbox_find(&mut ctx.store.read().await.unwrap(), id).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts), (InboxState::Settled, 0));
}
