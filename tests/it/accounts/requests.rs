//! Access requests: what they must have, who decides them, what comes of them.

use super::office::{Office, PASSWORD, code, iin, order};
use jiff::civil::date;
use stazh::access::{Action, Ground, Reason, Role};
use stazh::flow::entry::{
    Decision, EntryError, SentFile, account, accounts, block_account, block_for_violation, file_request,
    login_journal, replies, request, request_file, requests, take_reply,
};
use stazh::store::{ActsBy, RequestState, request_find};

/// A1, A3: only the cyber-security administrator decides, and never about what he filed or about himself.
#[tokio::test]
async fn a1_only_the_other_administrator_decides_and_nobody_about_himself() {
    let office = Office::new().await;
    let (cyber, system) = (office.session("cyber").await, office.session("system").await);
    assert_eq!(code(&office.ask(&system, "request-decide").await), Some("access.role"));
    assert_eq!(code(&office.ask(&cyber, "profile-change").await), Some("access.role"));
    let filing = office.permit(&cyber, "request-file").await;
    let own = office.asked("friend.one", Role::Clerk, 3);
    let filed = file_request(&filing, own, Some(order()), &office.ctx).await.unwrap();
    assert_eq!(code(&office.decide(filed.id, &Decision::Grant).await), Some("access.oneself"));
    let mut about_him = office.asked("cyber", Role::CyberAdministrator, 1);
    (about_him.action, about_him.reason) = (Action::Change, Reason::DutyChange);
    assert_eq!(code(&office.granted(about_him).await), Some("access.oneself"));
    let view = office.permit(&cyber, "account-list").await;
    assert_eq!(accounts(&view, "", &office.ctx).await.unwrap().accounts.len(), 2, "nothing came of them");
    let wrong = requests(&view, None, None, &office.ctx).await;
    assert_eq!(code(&wrong), Some("access.no_command"), "a permit is for its own act");
}

/// A29, A4: what is not in order is refused with everything that is wrong, and leaves nothing but its act.
#[tokio::test]
async fn a29_an_old_order_or_none_is_refused_when_it_is_filed() {
    let office = Office::new().await;
    let system = office.session("system").await;
    let filing = office.permit(&system, "request-file").await;
    let places = async |change: &dyn Fn(&mut stazh::access::AccessRequest),
                        file: Option<SentFile<'static>>| {
        let mut asked = office.asked("a.clerk", Role::Clerk, 3);
        change(&mut asked);
        let Err(EntryError::NotInOrder(found)) = file_request(&filing, asked, file, &office.ctx).await else {
            panic!("it was filed")
        };
        assert!(found.iter().all(|finding| finding.is_error()));
        found.into_iter().map(|finding| finding.path).collect::<Vec<_>>()
    };
    assert_eq!(places(&|_| {}, None).await, ["basis.file"]);
    assert_eq!(places(&|r| r.basis.date = date(2025, 11, 29), Some(order())).await, ["basis.date"]);
    assert_eq!(places(&|r| r.applicant.signed_on = None, Some(order())).await, ["applicant.signed_on"]);
    // A11: told by its bytes, whatever it is called
    let program = SentFile { name: "приказ.pdf", bytes: b"MZ\x90" };
    assert_eq!(places(&|_| {}, Some(program)).await, ["basis.file"]);
    let wrong_digit = |r: &mut stazh::access::AccessRequest| {
        let mut number = iin(3);
        let last = number.pop().unwrap();
        number.push(if last == '9' { '0' } else { char::from_u32(u32::from(last) + 1).unwrap() });
        r.users[0].number = number;
    };
    assert_eq!(places(&wrong_digit, Some(order())).await, ["users[0].number"], "its control digit");
    assert_eq!(places(&|r| r.users[0].number = "12".to_owned(), Some(order())).await, ["users[0].number"]);
    let refused = office.acts(ActsBy::Login("system")).await;
    assert_eq!(refused.iter().filter(|act| act.code.as_deref() == Some("access.request")).count(), 6);
    let cyber = office.session("cyber").await;
    let list = requests(&office.permit(&cyber, "request-list").await, None, None, &office.ctx).await.unwrap();
    assert_eq!(list.requests.len(), 2, "those of the first administrators alone");
}

#[tokio::test]
async fn a11_a_file_is_taken_up_to_its_limit() {
    let mut office = Office::new().await;
    let system = office.session("system").await;
    let filing = office.permit(&system, "request-file").await;
    office.ctx.limits.access_file_bytes_max = order().bytes.len();
    let asked = office.asked("a.clerk", Role::Clerk, 3);
    let filed = file_request(&filing, asked.clone(), Some(order()), &office.ctx).await.unwrap();
    let cyber = office.session("cyber").await;
    let seeing = office.permit(&cyber, "request-view").await;
    assert_eq!(request_file(&seeing, filed.id, &office.ctx).await.unwrap().bytes, order().bytes);
    let view = request(&seeing, filed.id, &office.ctx).await.unwrap();
    assert_eq!(
        view.file.map(|file| (file.name, file.media)),
        Some(("приказ 17.pdf".to_owned(), "application/pdf".to_owned()))
    );
    office.ctx.limits.access_file_bytes_max -= 1;
    assert_eq!(code(&file_request(&filing, asked, Some(order()), &office.ctx).await), Some("access.request"));
}

/// A28: three working days, an answer to the corporate address with login and temporary password, or a refusal with its ground.
#[tokio::test]
async fn a28_a_request_is_answered_to_its_address_within_three_working_days() {
    let office = Office::at("2026-12-11T05:00:00Z").await; // a Friday; the 16th is a holiday
    let system = office.session("system").await;
    let filing = office.permit(&system, "request-file").await;
    let asked = |number| office.asked(&format!("clerk.{number}"), Role::Clerk, number);
    let good = file_request(&filing, asked(3), Some(order()), &office.ctx).await.unwrap();
    let bad = file_request(&filing, asked(4), Some(order()), &office.ctx).await.unwrap();
    assert_eq!(good.due_on, date(2026, 12, 17));
    let overdue = async || {
        let cyber = office.session("cyber").await;
        let list = office.permit(&cyber, "request-list").await;
        let waiting = requests(&list, Some(RequestState::Waiting), None, &office.ctx).await.unwrap().requests;
        waiting.iter().filter(|line| line.is_overdue).count()
    };
    office.set("2026-12-17T18:59:59Z");
    assert_eq!(overdue().await, 0);
    office.set("2026-12-17T19:00:00Z");
    assert_eq!(overdue().await, 2);
    for reply in replies(&office.ctx).await.unwrap() {
        take_reply(reply.id, &office.ctx).await.unwrap(); // those of the first administrators
    }
    let issued = office.decide(good.id, &Decision::Grant).await.unwrap();
    let refuse = Decision::Refuse { words: "приказ о другом лице".to_owned() };
    assert!(office.decide(bad.id, &refuse).await.unwrap().is_empty());
    assert_eq!(code(&office.decide(bad.id, &Decision::Grant).await), Some("access.decided"));
    let kept = request_find(&mut office.ctx.store.read().await.unwrap(), bad.id).await.unwrap().unwrap();
    assert_eq!(kept.ground.as_deref(), Some("no basis: приказ о другом лице"));
    let waiting = replies(&office.ctx).await.unwrap();
    assert_eq!(waiting.len(), 2);
    assert!(waiting.iter().all(|reply| reply.address == "staff@gov.example"));
    let temporary = issued[0].temporary.as_ref().unwrap().expose();
    let letter = waiting.iter().find(|reply| reply.request_id == good.id).unwrap();
    assert!(letter.body.expose().contains(temporary) && letter.body.expose().contains("clerk.3"));
    assert!(take_reply(letter.id, &office.ctx).await.unwrap());
    assert!(!take_reply(letter.id, &office.ctx).await.unwrap(), "once");
    assert!(!format!("{waiting:?}").contains(temporary.as_str()), "a log shows no password");
}

/// A28: a temporary password that was used waits for nobody any more.
#[tokio::test]
async fn a28_a_reply_is_wiped_when_its_password_is_used() {
    let office = Office::new().await;
    office.granted(office.asked("clerk.3", Role::Clerk, 3)).await.map(|issued| issued.len()).unwrap();
    let before = replies(&office.ctx).await.unwrap().len();
    let issued = office.granted(office.asked("clerk.4", Role::Clerk, 4)).await.unwrap();
    assert_eq!(replies(&office.ctx).await.unwrap().len(), before + 1);
    office.complete(&issued[0]).await;
    assert_eq!(replies(&office.ctx).await.unwrap().len(), before);
}

/// A31: the journal of logins issued has the six columns of App. 1, and beside them request and login.
#[tokio::test]
async fn a31_the_journal_of_logins_has_the_six_columns() {
    let office = Office::new().await;
    office.user("a.clerk", Role::Clerk, 3).await;
    let cyber = office.session("cyber").await;
    let seeing = office.permit(&cyber, "login-journal-view").await;
    let lines = login_journal(&seeing, None, &office.ctx).await.unwrap();
    assert_eq!(
        lines.iter().map(|line| line.login.as_str()).collect::<Vec<_>>(),
        ["cyber", "system", "a.clerk"]
    );
    let line = &lines[2];
    assert!(line.letter.starts_with("Алматы / ") && line.letter.contains("2026-11-30"), "{}", line.letter);
    assert_eq!((line.systems.as_str(), line.administrator.as_str()), ("X-NODE", "Досанов Ерлан 1"));
    assert_eq!(line.basis, "employment 17-к 2026-11-10");
    assert_eq!(line.note, "grant new");
    let after = login_journal(&seeing, Some(lines[1].id), &office.ctx).await.unwrap();
    assert_eq!(after.len(), 1);
}

/// A6: one person has one login, whoever asks and whatever it is called.
#[tokio::test]
async fn a6_one_person_has_one_login() {
    let office = Office::new().await;
    office.user("a.clerk", Role::Clerk, 3).await;
    assert_eq!(
        code(&office.granted(office.asked("b.clerk", Role::SeniorClerk, 3)).await),
        Some("access.account")
    );
    assert_eq!(code(&office.granted(office.asked("a.clerk", Role::Clerk, 4)).await), Some("access.account"));
    let mut anothers = office.asked("a.clerk", Role::Clerk, 4);
    (anothers.action, anothers.reason) = (Action::Reissue, Reason::LostPassword);
    assert_eq!(code(&office.granted(anothers).await), Some("access.account"), "a login that is another's");
}

/// A34: who is blocked, or lost login or password, comes back on a repeated request, and through a first entry.
#[tokio::test]
async fn a34_a_repeated_request_opens_and_issues_anew() {
    let office = Office::new().await;
    office.user("a.clerk", Role::Clerk, 3).await;
    for login in ["cyber", "system"] {
        office.pass_days(20);
        office.session(login).await;
        office.session(if login == "cyber" { "system" } else { "cyber" }).await;
    }
    assert_eq!(code(&office.enter("a.clerk", PASSWORD).await), Some("access.blocked"));
    let again = |action, reason, login: &str| {
        let mut request = office.asked(login, Role::Clerk, 3);
        (request.action, request.reason) = (action, reason);
        request
    };
    let early = office.granted(again(Action::Reissue, Reason::LostPassword, "a.clerk")).await;
    assert_eq!(code(&early), Some("access.account"), "it is blocked");
    let issued = office.granted(again(Action::Unblock, Reason::BlockedIdle, "a.clerk")).await.unwrap();
    assert_eq!(
        code(&office.enter("a.clerk", PASSWORD).await),
        Some("access.credentials"),
        "the old one is dead"
    );
    let new = stazh::base::Secret::new("a third good horse".to_owned());
    let temporary = issued[0].temporary.clone().unwrap();
    let entered = office.enter("a.clerk", temporary.expose()).await.unwrap();
    stazh::flow::entry::change_password(&entered.session, &temporary, &new, &office.ctx).await.unwrap();
    // the login is lost: it is found by the person
    let issued = office.granted(again(Action::Reissue, Reason::LostLogin, "")).await.unwrap();
    assert_eq!(issued[0].login, "a.clerk");
}

/// A33, A32: a violation closes an account at once with its sessions; changed duties until their request comes.
#[tokio::test]
async fn a33_a_violation_closes_the_account_and_a32_duties_suspend_it() {
    let office = Office::new().await;
    let issued = office.granted(office.asked("a.clerk", Role::Clerk, 3)).await.unwrap();
    office.complete(&issued[0]).await;
    let entered = office.enter("a.clerk", PASSWORD).await.unwrap();
    let cyber = office.session("cyber").await;
    let blocking = office.permit(&cyber, "account-block").await;
    assert_eq!(
        code(&block_for_violation(&blocking, "cyber", "x", &office.ctx).await),
        Some("access.oneself")
    );
    assert_eq!(
        code(&block_for_violation(&blocking, "nobody", "x", &office.ctx).await),
        Some("access.not_there")
    );
    block_account(&blocking, "a.clerk", (Ground::Duties, "приказ о переводе"), &office.ctx).await.unwrap();
    let gone = stazh::flow::entry::session_of(entered.token.expose(), &office.ctx).await.unwrap();
    assert!(gone.is_none());
    let mut change = office.asked("a.clerk", Role::SeniorClerk, 3);
    (change.action, change.reason) = (Action::Change, Reason::DutyChange);
    let issued = office.granted(change).await.unwrap();
    let senior = {
        let temporary = issued[0].temporary.clone().unwrap();
        let entered = office.enter("a.clerk", temporary.expose()).await.unwrap();
        let new = stazh::base::Secret::new("a third good horse".to_owned());
        stazh::flow::entry::change_password(&entered.session, &temporary, &new, &office.ctx).await.unwrap();
        entered.session
    };
    assert_eq!(senior.actor.role, Role::SeniorClerk);
    let blocking = office.permit(&office.session("cyber").await, "account-block").await;
    block_for_violation(&blocking, "a.clerk", "вход чужого лица", &office.ctx).await.unwrap();
    let closed = office.enter("a.clerk", "a third good horse").await;
    assert!(matches!(closed, Err(EntryError::Blocked { ground: Ground::Violation })), "{closed:?}");
    let seeing = office.permit(&office.session("cyber").await, "account-view").await;
    let view = account(&seeing, "a.clerk", &office.ctx).await.unwrap();
    assert_eq!((view.line.state, view.line.ground, view.sessions), ("blocked", Some(Ground::Violation), 0));
    let acts = office.acts(ActsBy::Object("a.clerk")).await;
    assert_eq!(acts[0].served.as_deref(), Some("вход чужого лица"));
}

/// A32: a change of rights is in force at once; dismissal closes the account.
#[tokio::test]
async fn a32_rights_change_on_a_request_alone() {
    let office = Office::new().await;
    let session = office.user("a.clerk", Role::Clerk, 3).await;
    office.ask(&session, "case-list").await.unwrap();
    let mut less = office.asked("a.clerk", Role::Clerk, 3);
    (less.action, less.reason) = (Action::Change, Reason::DutyChange);
    less.functions = ["messages".to_owned()].into();
    assert!(office.granted(less).await.unwrap().is_empty(), "no new password");
    let session = office.session("a.clerk").await;
    assert_eq!(code(&office.ask(&session, "case-list").await), Some("access.function"));
    let mut dismissed = office.asked("a.clerk", Role::Clerk, 3);
    (dismissed.action, dismissed.reason) = (Action::Block, Reason::Dismissal);
    dismissed.basis.kind = stazh::access::BasisKind::Dismissal;
    office.granted(dismissed).await.unwrap();
    let closed = office.enter("a.clerk", PASSWORD).await;
    assert!(matches!(closed, Err(EntryError::Blocked { ground: Ground::Dismissal })), "{closed:?}");
}

/// A47: the wording of the Rules is that of the day of filing, in the calendar of the state.
#[tokio::test]
async fn a47_a_decision_says_by_which_wording_it_was_made() {
    for (now, wording) in
        [("2026-07-11T18:59:59Z", "419-of-2025-12-26"), ("2026-07-11T19:00:00Z", "213-of-2026-05-28")]
    {
        let office = Office::at(now).await;
        let system = office.session("system").await;
        let filing = office.permit(&system, "request-file").await;
        let asked = office.asked("a.clerk", Role::Clerk, 3);
        let filed = file_request(&filing, asked, Some(order()), &office.ctx).await.unwrap();
        office.pass_days(2);
        office.decide(filed.id, &Decision::Grant).await.unwrap();
        let kept =
            request_find(&mut office.ctx.store.read().await.unwrap(), filed.id).await.unwrap().unwrap();
        assert_eq!((kept.wording.as_str(), kept.state), (wording, RequestState::Granted));
    }
}

/// The first administrators are registered at the machine, on a request, and once.
#[tokio::test]
async fn a3_the_first_administrators_are_registered_on_a_request_and_once() {
    let office = Office::new().await;
    let again = office.first("cyber.two", Role::CyberAdministrator, 5).await;
    assert_eq!(code(&again), Some("access.account"));
    assert_eq!(code(&office.first("a.clerk", Role::Clerk, 5).await), Some("access.not_there"));
    let acts = office.acts(ActsBy::Login("root")).await;
    let done: Vec<_> = acts.iter().filter(|act| act.code.is_none()).collect();
    assert_eq!(done.len(), 2);
    assert!(acts.iter().all(|act| act.via == "command_line" && act.command == "account-first"));
    // when nobody of them can enter any more, the machine is the way back
    office.pass_days(31);
    stazh::flow::entry::block_idle(&office.ctx).await.unwrap();
    assert!(office.first("cyber.two", Role::CyberAdministrator, 5).await.is_ok());
}

/// A30: who used his temporary password and lost his session before he chose one of his own gets another one at the machine; nobody
/// else does, and it is journalled.
#[tokio::test]
async fn a30_an_administrator_whose_first_entry_was_cut_off_gets_another_temporary_password() {
    let office = Office::empty("2026-11-30T05:00:00Z").await;
    let again = async |login: &str| {
        office.tick();
        stazh::flow::entry::reissue_first("root", login, &office.ctx).await
    };
    assert_eq!(code(&again("cyber").await), Some("access.not_there"));
    let first = office.first("cyber", Role::CyberAdministrator, 1).await.unwrap();
    let temporary = first[0].temporary.as_ref().unwrap().expose().clone();
    office.enter("cyber", &temporary).await.unwrap(); // and the browser is closed
    assert_eq!(code(&office.enter("cyber", &temporary).await), Some("access.temporary_over"));
    assert_eq!(code(&office.first("cyber", Role::CyberAdministrator, 1).await), Some("access.account"));
    let issued = again("cyber").await.unwrap();
    assert_eq!(
        code(&office.enter("cyber", &temporary).await),
        Some("access.credentials"),
        "the old one is dead"
    );
    office.complete(&issued).await;
    assert_eq!(code(&again("cyber").await), Some("access.account"), "he can come in by himself");
    let acts: Vec<_> = office
        .acts(ActsBy::Login("root"))
        .await
        .into_iter()
        .filter(|act| act.command == "account-again")
        .collect();
    let codes: Vec<_> = acts.iter().map(|act| act.code.as_deref()).collect();
    assert_eq!(codes, [Some("access.account"), None, Some("access.not_there")]);
    assert!(acts.iter().all(|act| act.via == "command_line" && act.object == "cyber"));
    let issued = office.first("system", Role::SystemAdministrator, 2).await.unwrap();
    office.complete(&issued[0]).await;
    office.user("a.clerk", Role::Clerk, 3).await;
    assert_eq!(code(&again("a.clerk").await), Some("access.not_there"), "a clerk asks by a request");
}
