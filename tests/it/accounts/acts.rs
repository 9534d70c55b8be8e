//! The journal of acts, the second pair of eyes, and the feed for who watches.

use super::office::{Office, code, iin};
use serde_json::json;
use stazh::access::{Ask, Purpose, Role};
use stazh::base::Clock;
use stazh::exchange::canonical::{Identifier, IdentifierKind};
use stazh::flow::entry::{
    Eyes, acts, approvals, ask_approval, check_acts, decide_approval, feed, feed_told, permit, subject_of,
    who_saw,
};
use stazh::flow::{Linked, link_journal};
use stazh::store::{ActsBy, ApprovalState};

/// A2: each command leaves exactly one act with who, when, what, to what and the outcome, refusals included; the chain of the
/// journal says the same.
#[tokio::test]
async fn a2_every_command_of_the_catalogue_leaves_one_act() {
    let office = Office::new().await;
    let senior = office.user("senior.one", Role::SeniorClerk, 3).await;
    let before = office.acts(ActsBy::Login("senior.one")).await.len();
    let mut refused = 0;
    let commands = stazh::access::Commands::built_in();
    for command in commands.all() {
        refused += usize::from(office.ask(&senior, command.id).await.is_err());
    }
    assert_eq!(code(&office.ask(&senior, "case-burn").await), Some("access.no_command"));
    let told = office.acts(ActsBy::Login("senior.one")).await;
    let told = &told[..told.len() - before];
    assert_eq!(told.len(), commands.all().count() + 1);
    assert_eq!(told.iter().filter(|act| act.code.is_some()).count(), refused + 1);
    assert!(told.iter().all(|act| act.object == "o" && act.via == "console" && act.role.is_some()));
    let checked = check_acts(&office.ctx.store).await.unwrap();
    assert!(checked.differ.is_empty() && checked.strangers == 0, "{checked:?}");
    assert!(checked.agree > 50);
}

/// Who saw a citizen is found by his number; the journal holds a keyed digest and never the number.
#[tokio::test]
async fn a5_who_saw_a_citizen_is_found_with_purpose_and_case() {
    let office = Office::new().await;
    let clerk = office.user("a.clerk", Role::Clerk, 3).await;
    let cyber = office.session("cyber").await;
    let citizen = Identifier::parse(IdentifierKind::Iin, &iin(77)).unwrap();
    let subject = subject_of(&citizen, &office.ctx).unwrap();
    let purpose = Purpose { code: "claim".to_owned(), case: "KZ-2026-7".to_owned() };
    let ask = Ask {
        command: "case-view",
        object: "case:KZ-2026-7",
        purpose: Some(&purpose),
        at: office.clock.now(),
    };
    office.tick();
    permit(&clerk.actor, ask, Some(&subject), &office.ctx).await.unwrap();
    let asking = office.permit(&cyber, "journal-who-saw").await;
    let saw = who_saw(&asking, &citizen, None, &office.ctx).await.unwrap().acts;
    assert_eq!(saw.len(), 1);
    assert_eq!((saw[0].login.as_str(), saw[0].purpose.as_deref()), ("a.clerk", Some("claim")));
    assert_eq!(saw[0].served.as_deref(), Some("KZ-2026-7"));
    let other = Identifier::parse(IdentifierKind::Iin, &iin(78)).unwrap();
    assert!(who_saw(&asking, &other, None, &office.ctx).await.unwrap().acts.is_empty());
    let wrong = acts(&asking, ActsBy::All, None, &office.ctx).await;
    assert_eq!(code(&wrong), Some("access.no_command"), "a permit is for its own act");
    let all = format!("{:?}", office.acts(ActsBy::All).await);
    assert!(!all.contains(&iin(77)) && !all.contains(&iin(3)), "no number stands in an act");
}

/// A26: the feed tells what is linked, in order, once.
#[tokio::test]
async fn a26_the_feed_goes_on_where_it_stopped() {
    let office = Office::new().await;
    let store = &office.ctx.store;
    assert!(feed(store, "soc").await.unwrap().0.is_empty(), "nothing is linked yet");
    while link_journal(&office.ctx).await.unwrap() == Linked::Some {}
    let (first, number) = feed(store, "soc").await.unwrap();
    assert!(first.iter().any(|act| act.command == "account-first"));
    assert_eq!(feed(store, "soc").await.unwrap().0.len(), first.len(), "told again until it is noted");
    feed_told(store, "soc", number).await.unwrap();
    assert!(feed(store, "soc").await.unwrap().0.is_empty());
    office.session("cyber").await;
    while link_journal(&office.ctx).await.unwrap() == Linked::Some {}
    let (more, later) = feed(store, "soc").await.unwrap();
    assert!(more.iter().any(|act| act.command == "session-sign-in") && later > number);
    feed_told(store, "soc", 1).await.unwrap();
    assert_eq!(feed(store, "soc").await.unwrap().0.len(), more.len(), "it never goes back");
}

#[tokio::test]
async fn four_eyes_approve_exactly_what_was_asked_and_once() {
    let office = Office::new().await;
    let clerk = office.user("a.clerk", Role::Clerk, 3).await;
    let (one, two) = (
        office.user("senior.one", Role::SeniorClerk, 4).await,
        office.user("senior.two", Role::SeniorClerk, 5).await,
    );
    let body = json!({ "document": { "number": 1 } });
    let asking = office.permit(&clerk, "case-send").await;
    assert!(asking.needs_approval());
    let id = ask_approval(&asking, &body, &office.ctx).await.unwrap();
    assert_eq!(ask_approval(&asking, &body, &office.ctx).await.unwrap(), id, "a form sent twice");
    let listing = office.permit(&clerk, "home-view").await;
    assert_eq!(code(&ask_approval(&listing, &body, &office.ctx).await), Some("access.not_there"));
    let decide = async |session: &stazh::access::Session, id, eyes, reason: &str| {
        let permit = match eyes {
            Eyes::Withdraw => office.permit(session, "case-send").await,
            Eyes::Approve | Eyes::Reject => office.ask(session, "approval-decide").await?,
        };
        let mut tx = office.ctx.store.begin().await.unwrap();
        let decided =
            decide_approval(&mut tx, (&permit, &session.actor), (id, eyes, reason), &office.ctx).await;
        tx.commit().await.unwrap();
        decided?
    };
    assert_eq!(code(&decide(&clerk, id, Eyes::Approve, "").await), Some("access.role"));
    let own = office.permit(&one, "case-send").await;
    let his = ask_approval(&own, &json!(2), &office.ctx).await.unwrap();
    assert_eq!(code(&decide(&one, his, Eyes::Approve, "").await), Some("access.same_eyes"));
    assert_eq!(code(&decide(&two, his, Eyes::Withdraw, "").await), Some("access.role"), "it is not his");
    assert_eq!(code(&decide(&two, his, Eyes::Reject, " ").await), Some("access.request"), "without a reason");
    assert_eq!(decide(&two, his, Eyes::Reject, "не тот период").await.unwrap(), None);
    let seeing = office.permit(&two, "approval-list").await;
    let page = approvals(&seeing, ApprovalState::Waiting, None, &two.actor, &office.ctx).await.unwrap();
    assert_eq!(page.approvals.len(), 1);
    assert!(page.approvals[0].is_mine_to_decide && page.approvals[0].body == body);
    let approved = decide(&two, id, Eyes::Approve, "").await.unwrap().unwrap();
    assert_eq!((approved.command(), approved.body()), ("case-send", &body));
    assert_eq!((approved.asked_by(), approved.approved_by()), ("a.clerk", "senior.two"));
    assert_eq!(code(&decide(&one, id, Eyes::Approve, "").await), Some("access.decided"));
    let third = ask_approval(&asking, &body, &office.ctx).await.unwrap();
    assert_ne!(third, id, "what was decided is asked for anew");
    assert_eq!(decide(&clerk, third, Eyes::Withdraw, "").await.unwrap(), None);
    assert_eq!(code(&decide(&two, third, Eyes::Approve, "").await), Some("access.decided"));
}
