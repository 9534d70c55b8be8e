//! The outbox against a model of it in memory: the same steps, the same claims, the same states.

use super::fixture::*;
use crate::store::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Put { peer: usize, conversation: u128 },
    Claim { peer: usize, lease: i64, limit: u32 },
    Sent(usize),
    Retry(usize, i64),
    Confirmed(usize),
    Returned(usize),
    Quarantined(usize),
    Parked(usize),
    Requeue(usize),
    Release(usize),
    Wait(i64),
    Restart,
}

struct ModelRow {
    id: OutboxId,
    peer: usize,
    conversation: u128,
    state: OutboxState,
    next_try_at: i64,
    lease_until: i64,
}

#[derive(Default)]
struct Model {
    now: i64,
    rows: Vec<ModelRow>,
}

const PEERS: [&str; 2] = ["kz", "ru"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let row = 0..12_usize;
    let step = prop_oneof![
        4 => (0..2_usize, 0..3_u128).prop_map(|(peer, conversation)| Step::Put { peer, conversation }),
        5 => (0..2_usize, 1..30_i64, 1..4_u32)
            .prop_map(|(peer, lease, limit)| Step::Claim { peer, lease, limit }),
        3 => row.clone().prop_map(Step::Sent),
        2 => (row.clone(), 0..40_i64).prop_map(|(row, delay)| Step::Retry(row, delay)),
        1 => row.clone().prop_map(Step::Confirmed),
        1 => row.clone().prop_map(Step::Returned),
        1 => row.clone().prop_map(Step::Quarantined),
        1 => row.clone().prop_map(Step::Parked),
        1 => row.clone().prop_map(Step::Requeue),
        1 => row.prop_map(Step::Release),
        2 => (1..40_i64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..60)
}

#[test]
fn the_outbox_does_what_the_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let (_folder, store) = runtime.block_on(store());
    proptest!(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() },
        |(steps in steps())| {
            // Never committed: each case finds an empty outbox.
            let mut tx = runtime.block_on(store.begin()).unwrap();
            let mut model = Model::default();
            for step in &steps {
                runtime.block_on(compare(&mut tx, &mut model, step));
            }
        }
    );
}

async fn compare(tx: &mut Tx, model: &mut Model, step: &Step) {
    use OutboxState::*;
    let (row, expected, is_due_at_once) = match *step {
        Step::Put { peer, conversation } => {
            let mut draft = outgoing(PEERS[peer], conversation);
            draft.created_at = at(model.now);
            let id = outbox_put(tx, &draft).await.unwrap();
            let next_try_at = model.now;
            model.rows.push(ModelRow { id, peer, conversation, state: Queued, next_try_at, lease_until: 0 });
            return;
        }
        Step::Claim { peer, lease, limit } => {
            let (now, until) = (at(model.now), at(model.now + lease));
            let rows = outbox_claim(tx, PEERS[peer], now, until, limit).await.unwrap();
            let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
            assert_eq!(ids, model.claim(peer, lease, limit), "{step:?}");
            return;
        }
        Step::Wait(ms) => {
            model.now += ms;
            return;
        }
        Step::Restart => {
            let released = lease_release_all(tx).await.unwrap();
            assert_eq!(released, model.release_leases(), "{step:?}");
            return;
        }
        Step::Sent(row) | Step::Retry(row, _) => (row, vec![Leased], false),
        Step::Confirmed(row) | Step::Returned(row) | Step::Quarantined(row) | Step::Parked(row) => {
            (row, vec![Queued, Leased, Sent], false)
        }
        Step::Requeue(row) => (row, vec![Sent, Confirmed, Returned], true),
        Step::Release(row) => (row, vec![Parked, Quarantined], true),
    };
    let now = model.now;
    let Some(row) = model.rows.get_mut(row) else { return };
    let is_done = perform(tx, row.id, step, now).await;
    assert_eq!(is_done, expected.contains(&row.state), "{step:?} from {}", row.state);
    if is_done {
        row.state = target(step);
        if let Step::Retry(_, delay) = *step {
            row.next_try_at = now + delay;
        }
        if is_due_at_once {
            row.next_try_at = i64::MIN;
        }
    }
    assert_eq!(outbox_state(tx, row.id).await, row.state, "{step:?}");
}

/// Whether the store recorded the step.
async fn perform(tx: &mut Tx, id: OutboxId, step: &Step, now: i64) -> bool {
    match *step {
        Step::Sent(_) => matches!(outbox_sent(tx, id).await, Ok(Outcome::Recorded)),
        Step::Retry(_, delay) => {
            matches!(outbox_retry(tx, id, at(now + delay), 1).await, Ok(Outcome::Recorded))
        }
        Step::Confirmed(_) => outbox_confirmed(tx, id).await.is_ok(),
        Step::Returned(_) => outbox_returned(tx, id, "x.y").await.is_ok(),
        Step::Quarantined(_) => outbox_quarantined(tx, id, "x.y").await.is_ok(),
        Step::Parked(_) => outbox_parked(tx, id, "x.y").await.is_ok(),
        Step::Requeue(_) => outbox_requeue(tx, id, at(0)).await.unwrap() == Resend::Queued,
        Step::Release(_) => outbox_release(tx, id).await.is_ok(),
        Step::Put { .. } | Step::Claim { .. } | Step::Wait(_) | Step::Restart => unreachable!(),
    }
}

fn target(step: &Step) -> OutboxState {
    match step {
        Step::Sent(_) => OutboxState::Sent,
        Step::Confirmed(_) => OutboxState::Confirmed,
        Step::Returned(_) => OutboxState::Returned,
        Step::Quarantined(_) => OutboxState::Quarantined,
        Step::Parked(_) => OutboxState::Parked,
        Step::Retry(..) | Step::Requeue(_) | Step::Release(_) => OutboxState::Queued,
        Step::Put { .. } | Step::Claim { .. } | Step::Wait(_) | Step::Restart => unreachable!(),
    }
}

impl Model {
    fn claim(&mut self, peer: usize, lease: i64, limit: u32) -> Vec<OutboxId> {
        let now = self.now;
        let is_blocking =
            |state| matches!(state, OutboxState::Queued | OutboxState::Leased | OutboxState::Parked);
        let mut taken = Vec::new();
        let mut closed = Vec::new();
        for row in self.rows.iter_mut().filter(|row| row.peer == peer) {
            let is_free = row.state == OutboxState::Queued
                || row.state == OutboxState::Leased && row.lease_until <= now;
            let is_blocked = closed.contains(&row.conversation);
            if is_blocking(row.state) {
                closed.push(row.conversation);
            }
            let has_room = taken.len() < usize::try_from(limit).unwrap();
            if is_free && !is_blocked && row.next_try_at <= now && has_room {
                row.state = OutboxState::Leased;
                row.lease_until = now + lease;
                taken.push(row.id);
            }
        }
        taken
    }

    fn release_leases(&mut self) -> u64 {
        let mut count = 0;
        for row in self.rows.iter_mut().filter(|row| row.state == OutboxState::Leased) {
            row.state = OutboxState::Queued;
            count += 1;
        }
        count
    }
}
