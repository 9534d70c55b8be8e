//! A check goes one way, by one worker at a time; when it ends its secret is gone and its hits stay.

use super::fixture::*;
use crate::base::Secret;
use crate::exchange::canonical::RecordId;
use crate::store::*;

fn draft(number: &str, peer: &str, ms: i64) -> CheckDraft {
    CheckDraft {
        number: number.parse().unwrap(),
        peer: peer.to_owned(),
        role: Role::Initiator,
        terms: CheckTerms {
            as_of: "2026-11-30".parse().unwrap(),
            kinds: vec!["ru-old-age".parse().unwrap()],
            ground: "simultaneous-payment".parse().unwrap(),
            batch: 100,
        },
        secret: Secret::new([7; 32]),
        peer_size: 0,
        opened_at: at(ms),
    }
}

fn number(text: &str) -> RecordId {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_check_goes_from_state_to_state_and_is_wiped_at_its_end() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let (first, other) = (number("KZ-1"), number("KZ-2"));
    assert!(check_put(&mut tx, &draft("KZ-1", "RU", 1)).await.unwrap());
    assert!(!check_put(&mut tx, &draft("KZ-1", "KG", 2)).await.unwrap(), "the number is taken");
    assert!(!check_put(&mut tx, &draft("KZ-2", "RU", 2)).await.unwrap(), "one at a time with a peer");
    let theirs = CheckDraft { role: Role::Respondent, ..draft("RU-1", "RU", 2) };
    assert!(check_put(&mut tx, &theirs).await.unwrap(), "it may open one too");
    assert!(check_end(&mut tx, &number("RU-1"), (CheckState::Expired, None), at(2)).await.unwrap());
    assert!(check_put(&mut tx, &draft("KZ-2", "KG", 5)).await.unwrap());
    assert!(check_find(&mut tx, &number("KZ-3")).await.unwrap().is_none());
    let (preparing, ready) = (CheckState::Preparing, CheckState::Ready);
    assert!(!check_move(&mut tx, &first, (ready, CheckState::Opened), at(3)).await.unwrap());
    assert!(check_move(&mut tx, &first, (preparing, ready), at(3)).await.unwrap());
    check_prepared(&mut tx, &first, (5, 3, 1)).await.unwrap();
    check_peer_size(&mut tx, &first, 9).await.unwrap();
    check_found(&mut tx, &first, (2, 1)).await.unwrap();
    for kind in CheckPiece::ALL {
        for place in [1, 0] {
            check_piece_put(&mut tx, &first, (*kind, place), &[1]).await.unwrap();
        }
    }
    check_piece_put(&mut tx, &first, (CheckPiece::Own, 1), &[2, 3]).await.unwrap();
    check_piece_drop(&mut tx, &first, (CheckPiece::Theirs, 0)).await.unwrap();
    assert_eq!(check_piece(&mut tx, &first, (CheckPiece::Own, 1)).await.unwrap(), Some(vec![2, 3]));
    assert_eq!(check_piece(&mut tx, &other, (CheckPiece::Own, 1)).await.unwrap(), None);
    assert_eq!(check_places(&mut tx, &first, CheckPiece::Own).await.unwrap(), [0, 1]);
    assert_eq!(check_places(&mut tx, &first, CheckPiece::Theirs).await.unwrap(), [1]);
    let row = check_find(&mut tx, &first).await.unwrap().unwrap();
    assert_eq!((row.state, row.own_size, row.rows, row.aside, row.hits, row.weak), (ready, 5, 3, 1, 2, 1));
    assert_eq!(
        (row.draft.peer_size, row.draft.terms, row.changed_at),
        (9, draft("KZ-1", "", 0).terms, at(3))
    );
    assert_eq!(row.draft.secret.expose(), &[7; 32]);
    assert_eq!(check_last(&mut tx, "KG", Role::Initiator).await.unwrap(), Some(at(5)));
    assert_eq!(check_last(&mut tx, "RU", Role::Respondent).await.unwrap(), Some(at(2)));
    assert_eq!(check_last(&mut tx, "KG", Role::Respondent).await.unwrap(), None);
    assert!(check_end(&mut tx, &other, (CheckState::Refused, Some("check.refused")), at(6)).await.unwrap());
    assert_eq!(check_last(&mut tx, "KG", Role::Initiator).await.unwrap(), None, "a refusal is no check");
    assert!(check_end(&mut tx, &first, (CheckState::Closed, None), at(7)).await.unwrap());
    assert!(!check_end(&mut tx, &first, (CheckState::Ended, None), at(8)).await.unwrap(), "it has ended");
    for kind in CheckPiece::ALL {
        let left = check_places(&mut tx, &first, *kind).await.unwrap();
        assert_eq!(left.is_empty(), *kind != CheckPiece::Hits, "{kind}");
    }
    assert_eq!(check_open(&mut tx).await.unwrap().len(), 0);
    let all: Vec<_> =
        check_list(&mut tx).await.unwrap().into_iter().map(|row| (row.state, row.code)).collect();
    let refused = (CheckState::Refused, Some("check.refused".to_owned()));
    assert_eq!(all, [refused, (CheckState::Expired, None), (CheckState::Closed, None)]);
    assert_eq!(check_find(&mut tx, &first).await.unwrap().unwrap().draft.secret.expose(), &[0; 32]);
    check_pieces_drop(&mut tx, &first).await.unwrap();
    assert!(check_places(&mut tx, &first, CheckPiece::Hits).await.unwrap().is_empty());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn one_worker_at_a_time_has_a_check_and_a_step_is_taken_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = number("KZ-1");
    check_put(&mut tx, &draft("KZ-1", "RU", 1)).await.unwrap();
    assert!(check_claim(&mut tx, &first, (at(1), at(10))).await.unwrap());
    assert!(!check_claim(&mut tx, &first, (at(9), at(20))).await.unwrap());
    check_lease(&mut tx, &first, at(15)).await.unwrap();
    assert!(!check_claim(&mut tx, &first, (at(14), at(20))).await.unwrap());
    assert!(check_claim(&mut tx, &first, (at(15), at(30))).await.unwrap(), "the lease ran out");
    assert_eq!(lease_release_all(&mut tx).await.unwrap(), 1);
    assert!(check_claim(&mut tx, &first, (at(16), at(30))).await.unwrap());
    let step = |place, n| CheckStep {
        place,
        document_id: document(n),
        conversation_id: conversation(n),
        is_answered: false,
    };
    assert!(check_step_put(&mut tx, &first, &step(0, 1)).await.unwrap());
    assert!(!check_step_put(&mut tx, &first, &step(0, 2)).await.unwrap(), "the place is taken");
    assert!(check_step_put(&mut tx, &first, &step(CheckStep::OPENING, 3)).await.unwrap());
    assert!(check_step_answered(&mut tx, &first, 0).await.unwrap());
    assert!(!check_step_answered(&mut tx, &first, 0).await.unwrap(), "an answer counts once");
    assert!(!check_step_answered(&mut tx, &first, 5).await.unwrap());
    assert!(check_step_resent(&mut tx, conversation(3), conversation(4)).await.unwrap());
    assert!(!check_step_resent(&mut tx, conversation(3), conversation(5)).await.unwrap());
    let result = (first.clone(), CheckStep::OPENING);
    assert_eq!(check_step_find(&mut tx, document(3)).await.unwrap(), Some(result));
    assert_eq!(check_step_find(&mut tx, document(9)).await.unwrap(), None);
    let opening = CheckStep { conversation_id: conversation(4), ..step(CheckStep::OPENING, 3) };
    let answered = CheckStep { is_answered: true, ..step(0, 1) };
    assert_eq!(check_steps(&mut tx, &first).await.unwrap(), [opening, answered]);
    tx.commit().await.unwrap();
}
