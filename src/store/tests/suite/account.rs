//! Accounts, sessions, requests and approvals are kept as they were put, and each change happens once.

use super::fixture::*;
use crate::access::*;
use crate::base::{Digest256, Language, Secret};
use crate::store::*;
use jiff::civil::date;
use uuid::Uuid;

fn account(login: &str, person: Option<&str>) -> AccountRow {
    AccountRow {
        login: login.to_owned(),
        role: crate::access::Role::CyberAdministrator,
        standing: Standing::Issued,
        person: person.map(str::to_owned),
        name: "Ахметова Айгуль".to_owned(),
        details: AccountDetails {
            position: "p".to_owned(),
            language: Some(Language::Kk),
            functions: ["access".to_owned()].into(),
            ..AccountDetails::default()
        },
        password: Some(PasswordHash::kept("$argon2id$1".to_owned())),
        password_at: at(1),
        history: vec![PasswordHash::kept("$argon2id$0".to_owned())],
        factor: Some(KeptFactor::of(vec![1; 49])),
        factor_step: Some(7),
        factor_offered: None,
        public_key: Some(vec![2; 32]),
        tries: 3,
        shut_until: Some(at(9)),
        rules: Some("1".to_owned()),
        rules_at: Some(at(8)),
        request_id: Uuid::from_u128(5),
        made_at: at(1),
        used_at: at(2),
    }
}

/// What is to be compared, secrets included.
fn whole(row: &AccountRow) -> String {
    let secrets =
        (row.password.as_ref().map(PasswordHash::as_str), row.factor.as_ref().map(KeptFactor::octets));
    let history: Vec<&str> = row.history.iter().map(PasswordHash::as_str).collect();
    format!("{row:?} {secrets:?} {history:?} {} {:?}", row.details.position, row.details.language)
}

#[tokio::test]
async fn an_account_is_read_as_it_was_put_and_a_person_has_one() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let mut one = account("a.one", Some("p1"));
    assert!(account_put(&mut tx, &one).await.unwrap());
    assert!(!account_put(&mut tx, &account("a.one", Some("p2"))).await.unwrap(), "the login is taken");
    assert!(!account_put(&mut tx, &account("b.one", Some("p1"))).await.unwrap(), "A6: the person has one");
    assert!(account_put(&mut tx, &account("c.program", None)).await.unwrap());
    assert!(account_put(&mut tx, &account("d.program", None)).await.unwrap(), "programs are no persons");
    assert_eq!(whole(&account_find(&mut tx, "a.one").await.unwrap().unwrap()), whole(&one));
    assert_eq!(account_of_person(&mut tx, "p1").await.unwrap().unwrap().login, "a.one");
    assert!(account_find(&mut tx, "A.one").await.unwrap().is_none());
    (one.standing, one.tries, one.shut_until) = (Standing::Blocked(Ground::Idle), 0, None);
    account_update(&mut tx, &one).await.unwrap();
    assert_eq!(whole(&account_lock(&mut tx, "a.one").await.unwrap().unwrap()), whole(&one));
    let missing = account_update(&mut tx, &account("z.nobody", None)).await;
    assert!(matches!(missing, Err(StoreError::Missing { .. })), "{missing:?}");
    let logins = |rows: Vec<AccountRow>| rows.into_iter().map(|row| row.login).collect::<Vec<_>>();
    assert_eq!(logins(account_page(&mut tx, "", 2).await.unwrap()), ["a.one", "c.program"]);
    assert_eq!(logins(account_page(&mut tx, "c.program", 2).await.unwrap()), ["d.program"]);
}

#[tokio::test]
async fn idle_accounts_and_other_administrators_are_counted() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for (login, used, standing) in [
        ("a.old", 1, Standing::Active),
        ("b.new", 100, Standing::Active),
        ("c.old", 0, Standing::Issued),
        ("d.shut", 0, Standing::Blocked(Ground::Violation)),
    ] {
        let row = AccountRow { used_at: at(used), standing, ..account(login, None) };
        assert!(account_put(&mut tx, &row).await.unwrap());
    }
    assert_eq!(account_idle(&mut tx, at(100), 9).await.unwrap(), ["c.old", "a.old"]);
    assert_eq!(account_idle(&mut tx, at(100), 1).await.unwrap(), ["c.old"]);
    let role = crate::access::Role::CyberAdministrator;
    account_role_lock(&mut tx, role).await.unwrap();
    assert_eq!(account_others(&mut tx, role, "a.old").await.unwrap(), (2, 1));
    assert_eq!(account_others(&mut tx, crate::access::Role::Clerk, "").await.unwrap(), (0, 0));
}

#[tokio::test]
async fn tries_tokens_and_the_key_of_persons_are_kept() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(entry_try_find(&mut tx, "a", "1").await.unwrap(), None);
    for tries in [1, 2] {
        entry_try_put(&mut tx, ("a", "1"), tries, at(5)).await.unwrap();
    }
    assert_eq!(entry_try_find(&mut tx, "a", "1").await.unwrap(), Some((2, at(5))));
    assert_eq!(entry_try_find(&mut tx, "a", "2").await.unwrap(), None);
    entry_try_forget(&mut tx, "a").await.unwrap();
    assert_eq!(entry_try_find(&mut tx, "a", "1").await.unwrap(), None);
    assert!(token_show(&mut tx, ("p", "1"), at(10), at(0)).await.unwrap());
    assert!(!token_show(&mut tx, ("p", "1"), at(10), at(1)).await.unwrap(), "once");
    assert!(token_show(&mut tx, ("q", "1"), at(10), at(1)).await.unwrap(), "of another program");
    assert!(token_show(&mut tx, ("p", "1"), at(30), at(11)).await.unwrap(), "the first has ended");
    assert_eq!(subject_key(&mut tx, &[1; 32]).await.unwrap().expose(), &[1; 32]);
    assert_eq!(subject_key(&mut tx, &[2; 32]).await.unwrap().expose(), &[1; 32], "for ever");
}

fn session(number: u8, login: &str) -> SessionRow {
    SessionRow {
        token: Digest256([number; 32]),
        id: format!("s{number}"),
        login: login.to_owned(),
        csrf: "c".to_owned(),
        address: "10.0.0.7".to_owned(),
        agent: "a".to_owned(),
        began_at: at(i64::from(number)),
        used_at: at(i64::from(number)),
        ends_at: at(100 + i64::from(number)),
    }
}

#[tokio::test]
async fn a_session_is_found_by_its_token_used_and_ended_by_whose_it_is() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for row in [session(1, "a"), session(2, "a"), session(3, "b")] {
        session_put(&mut tx, &row).await.unwrap();
    }
    assert_eq!(session_find(&mut tx, &Digest256([2; 32])).await.unwrap(), Some(session(2, "a")));
    assert_eq!(session_find(&mut tx, &Digest256([9; 32])).await.unwrap(), None);
    session_touch(&mut tx, &Digest256([2; 32]), at(50)).await.unwrap();
    session_touch(&mut tx, &Digest256([2; 32]), at(40)).await.unwrap();
    let used = session_find(&mut tx, &Digest256([2; 32])).await.unwrap().unwrap();
    assert_eq!(used.used_at, at(50), "it does not go back");
    assert!(!session_end(&mut tx, "b", "s2").await.unwrap(), "another's");
    let ids = |rows: Vec<SessionRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(session_list(&mut tx, "a").await.unwrap()), ["s2", "s1"]);
    assert_eq!(session_end_others(&mut tx, "a", "s2").await.unwrap(), 1);
    assert!(session_end(&mut tx, "a", "s2").await.unwrap());
    session_put(&mut tx, &SessionRow { began_at: at(103), ..session(4, "a") }).await.unwrap();
    assert!(session_list(&mut tx, "b").await.unwrap().is_empty(), "it has ended and is forgotten");
}

fn act(number: u128, login: &str, subject: Option<&str>) -> Act {
    Act {
        id: Uuid::from_u128(number),
        at: at(0),
        login: login.to_owned(),
        role: Some("clerk".to_owned()),
        via: "console".to_owned(),
        command: "case-view".to_owned(),
        object: "case:1".to_owned(),
        subject: subject.map(str::to_owned),
        purpose: None,
        served: None,
        code: None,
        stage: None,
        flag: None,
    }
}

/// A2: an act stands in the table and, with the same content, in the journal.
#[tokio::test]
async fn an_act_stands_in_the_table_and_in_the_journal() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let refused =
        Act { code: Some("access.role".to_owned()), object: "line\none".repeat(40), ..act(3, "b", None) };
    for act in [act(1, "a", Some("s")), act(2, "a", None), refused] {
        act_append(&mut tx, &act).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    let ids = |acts: Vec<Act>| acts.into_iter().map(|act| act.id.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(act_page(&mut tx, ActsBy::All, None, 9).await.unwrap()), [3, 2, 1]);
    assert_eq!(ids(act_page(&mut tx, ActsBy::All, Some(Uuid::from_u128(3)), 1).await.unwrap()), [2]);
    assert_eq!(ids(act_page(&mut tx, ActsBy::Login("a"), None, 9).await.unwrap()), [2, 1]);
    assert_eq!(ids(act_page(&mut tx, ActsBy::Object("case:1"), None, 9).await.unwrap()), [2, 1]);
    assert_eq!(ids(act_page(&mut tx, ActsBy::Subject("s"), None, 9).await.unwrap()), [1]);
    assert_eq!(act_count(&mut tx).await.unwrap(), 3);
    let kept = act_find(&mut tx, Uuid::from_u128(3)).await.unwrap().unwrap();
    assert!(kept.object.chars().count() == 200 && !kept.object.contains('\n'));
    let rows = journal_list(&mut tx, JournalBy::All, 0, 9).await.unwrap();
    for row in &rows {
        assert_eq!(row.entry.kind, Act::KIND);
        let told: Act = serde_json::from_str(&row.entry.detail).unwrap();
        assert_eq!(act_find(&mut tx, told.id).await.unwrap(), Some(told));
    }
    assert_eq!((rows.len(), rows[2].entry.code.as_deref()), (3, Some("access.role")));
}

#[tokio::test]
async fn a_feed_never_goes_back() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(feed_find(&mut tx, "soc").await.unwrap(), 0);
    for (number, kept) in [(5, 5), (3, 5), (9, 9)] {
        feed_put(&mut tx, "soc", number).await.unwrap();
        assert_eq!(feed_find(&mut tx, "soc").await.unwrap(), kept);
    }
    assert_eq!(feed_find(&mut tx, "other").await.unwrap(), 0);
}

fn request(number: u128) -> RequestRow {
    let body = serde_json::json!({
        "action": "grant", "reason": "new",
        "basis": { "kind": "employment", "number": "1", "date": "2026-11-01", "file": "07".repeat(32) },
        "applicant": { "number": "123456789012", "name": "Д", "head_name": "Г", "signed_on": "2026-11-02",
                       "letter": { "number": "9", "date": "2026-11-03" }, "is_state_body": true,
                       "exception_act": null },
        "users": [{ "name": "А", "number": "850315300018", "position": "п", "unit": "о" }],
        "role": "clerk", "systems": ["X-NODE"], "functions": ["cases"], "reply_email": "a@b.example",
    });
    RequestRow {
        id: Uuid::from_u128(number),
        state: RequestState::Waiting,
        body: serde_json::from_value(body).unwrap(),
        filed_by: "a".to_owned(),
        filed_at: at(1),
        due_on: date(2026, 12, 3),
        wording: "w".to_owned(),
        decided_by: None,
        decided_at: None,
        ground: None,
    }
}

#[tokio::test]
async fn a_request_is_read_as_it_was_filed_and_decided_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for number in 1..=3 {
        request_put(&mut tx, &request(number)).await.unwrap();
    }
    assert_eq!(request_find(&mut tx, Uuid::from_u128(2)).await.unwrap(), Some(request(2)));
    let by = ("c", at(5));
    assert!(request_decide(&mut tx, Uuid::from_u128(2), RequestState::Refused, by, Some("g")).await.unwrap());
    assert!(!request_decide(&mut tx, Uuid::from_u128(2), RequestState::Granted, by, None).await.unwrap());
    let ids = |rows: Vec<RequestRow>| rows.into_iter().map(|row| row.id.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(request_page(&mut tx, None, None, 9).await.unwrap()), [3, 2, 1]);
    assert_eq!(ids(request_page(&mut tx, None, Some(Uuid::from_u128(3)), 1).await.unwrap()), [2]);
    assert_eq!(ids(request_page(&mut tx, Some(RequestState::Waiting), None, 9).await.unwrap()), [3, 1]);
    let refused = request_page(&mut tx, Some(RequestState::Refused), None, 9).await.unwrap();
    let decided = RequestRow {
        state: RequestState::Refused,
        decided_by: Some("c".to_owned()),
        decided_at: Some(at(5)),
        ground: Some("g".to_owned()),
        ..request(2)
    };
    assert_eq!(refused, [decided]);
    let file = AccessFile {
        digest: Digest256([7; 32]),
        name: "n".to_owned(),
        media: "application/pdf".to_owned(),
        bytes: vec![0, 255, 1],
    };
    for _ in 0..2 {
        access_file_put(&mut tx, &file, at(1)).await.unwrap();
    }
    assert_eq!(access_file_find(&mut tx, &file.digest).await.unwrap(), Some(file));
}

#[tokio::test]
async fn a_reply_is_taken_once_and_wiped() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let reply = |number: u128, login: &str| Reply {
        id: Uuid::from_u128(number),
        request_id: Uuid::from_u128(9),
        login: Some(login.to_owned()),
        address: "a@b.example".to_owned(),
        body: Secret::new(format!("secret {number}")),
        at: at(1),
    };
    for row in [reply(1, "a"), reply(2, "b"), reply(3, "b")] {
        reply_put(&mut tx, &row).await.unwrap();
    }
    let waiting = reply_waiting(&mut tx, 9).await.unwrap();
    assert_eq!(
        waiting.iter().map(|row| row.body.expose().as_str()).collect::<Vec<_>>(),
        ["secret 1", "secret 2", "secret 3"]
    );
    assert!(reply_taken(&mut tx, Uuid::from_u128(1), at(2)).await.unwrap());
    assert!(!reply_taken(&mut tx, Uuid::from_u128(1), at(3)).await.unwrap());
    reply_wipe(&mut tx, "b", at(4)).await.unwrap();
    assert!(reply_waiting(&mut tx, 9).await.unwrap().is_empty());
    let line = LoginLine {
        id: Uuid::from_u128(1),
        letter: "1".to_owned(),
        systems: "2".to_owned(),
        issued_at: at(3),
        basis: "4".to_owned(),
        administrator: "5".to_owned(),
        note: "6".to_owned(),
        request_id: Uuid::from_u128(9),
        login: "a".to_owned(),
    };
    login_line_put(&mut tx, &line).await.unwrap();
    assert_eq!(login_line_page(&mut tx, None, 9).await.unwrap(), std::slice::from_ref(&line));
    assert_eq!(login_line_page(&mut tx, Some(line.id), 9).await.unwrap(), []);
}

#[tokio::test]
async fn an_approval_is_decided_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let row = |number: u128| ApprovalRow {
        id: Uuid::from_u128(number),
        command: "case-send".to_owned(),
        object: "case:1".to_owned(),
        body: "{}".to_owned(),
        asked_by: "a".to_owned(),
        asked_at: at(1),
        state: ApprovalState::Waiting,
        decided_by: None,
        decided_at: None,
        reason: None,
    };
    for number in 1..=2 {
        approval_put(&mut tx, &row(number)).await.unwrap();
    }
    assert_eq!(approval_find(&mut tx, Uuid::from_u128(1)).await.unwrap(), Some(row(1)));
    let by = ("b", at(2));
    assert!(approval_decide(&mut tx, Uuid::from_u128(1), ApprovalState::Rejected, by, "r").await.unwrap());
    assert!(!approval_decide(&mut tx, Uuid::from_u128(1), ApprovalState::Approved, by, "").await.unwrap());
    assert_eq!(approval_page(&mut tx, ApprovalState::Waiting, None, 9).await.unwrap(), [row(2)]);
    let after = Some(Uuid::from_u128(2));
    assert_eq!(approval_page(&mut tx, ApprovalState::Waiting, after, 9).await.unwrap(), []);
    let all = approvals_of(&mut tx, "case-send", "case:1").await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!((all[1].state, all[1].reason.as_deref()), (ApprovalState::Rejected, Some("r")));
}

/// By when it was approved, not by when it was asked for.
#[tokio::test]
async fn what_was_approved_is_listed_the_last_first() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let row = |number: u128, command: &str, object: &str| ApprovalRow {
        id: Uuid::from_u128(number),
        command: command.to_owned(),
        object: object.to_owned(),
        body: "{}".to_owned(),
        asked_by: "a".to_owned(),
        asked_at: at(1),
        state: ApprovalState::Waiting,
        decided_by: None,
        decided_at: None,
        reason: None,
    };
    for (number, command) in [(1, "x"), (2, "x"), (3, "x"), (4, "y"), (5, "x")] {
        approval_put(&mut tx, &row(number, command, &format!("object {number}"))).await.unwrap();
    }
    for (number, state, when) in [
        (1, ApprovalState::Approved, 9),
        (2, ApprovalState::Approved, 7),
        (3, ApprovalState::Rejected, 8),
        (4, ApprovalState::Approved, 8),
    ] {
        let by = ("b", at(when));
        assert!(approval_decide(&mut tx, Uuid::from_u128(number), state, by, "").await.unwrap());
    }
    let told = |number: u128| (Uuid::from_u128(number), format!("object {number}"));
    assert_eq!(approvals_done(&mut tx, "x", 9).await.unwrap(), [told(1), told(2)]);
    assert_eq!(approvals_done(&mut tx, "x", 1).await.unwrap(), [told(1)]);
}
