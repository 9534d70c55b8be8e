//! Signing in, passwords, sessions, and what failed tries cost.

use super::office::{HERE, Office, PASSWORD, code};
use stazh::access::{First, Ground, Reason, Role};
use stazh::base::{Clock, Secret};
use stazh::flow::entry::{
    EntryError, RulesOfTheDay, acknowledge_rules, change_password, end_session, offer_second_factor,
    session_of, sessions_of, set_second_factor, sign_out,
};
use stazh::store::{ActsBy, account_find, account_lock, account_update};

/// A27, A30: requested, issued, first entry, active; the temporary password opens the change form alone, and once.
#[tokio::test]
async fn a30_a_temporary_password_opens_the_change_form_alone_and_dies() {
    let office = Office::new().await;
    let issued = office.granted(office.asked("a.akhmetova", Role::Clerk, 3)).await.unwrap();
    let temporary = issued[0].temporary.clone().unwrap();
    let entered = office.enter("a.akhmetova", temporary.expose()).await.unwrap();
    assert_eq!(entered.session.first, Some(First::Password));
    assert_eq!(code(&office.ask(&entered.session, "home-view").await), Some("access.incomplete"));
    assert_eq!(code(&office.ask(&entered.session, "case-list").await), Some("access.incomplete"));
    office.ask(&entered.session, "password-change").await.unwrap();
    let again = office.enter("a.akhmetova", temporary.expose()).await;
    assert_eq!(code(&again), Some("access.temporary_over"), "it was used");
    let new = Secret::new(PASSWORD.to_owned());
    change_password(&entered.session, &temporary, &new, &office.ctx).await.unwrap();
    let session = session_of(entered.token.expose(), &office.ctx).await.unwrap().unwrap();
    assert!(session.first.is_none() && session.actor.is_complete);
    office.ask(&session, "case-list").await.unwrap();
    let dead = office.enter("a.akhmetova", temporary.expose()).await;
    assert_eq!(code(&dead), Some("access.credentials"));
    assert!(office.enter(" A.Akhmetova ", PASSWORD).await.is_ok(), "a login is small letters");
}

#[tokio::test]
async fn a27_a_temporary_password_that_nobody_used_in_time_is_dead() {
    let office = Office::new().await;
    let issued = office.granted(office.asked("late.one", Role::Clerk, 3)).await.unwrap();
    let temporary = issued[0].temporary.clone().unwrap();
    office.pass_days(7);
    office.clock.advance_ms(1);
    assert_eq!(code(&office.enter("late.one", temporary.expose()).await), Some("access.temporary_over"));
}

/// A33: day 30 is open, day 31 is blocked, by the calendar of the state.
#[tokio::test]
async fn a33_day_30_is_open_day_31_blocked() {
    let office = Office::new().await; // Monday 10 o'clock in Kazakhstan
    office.user("on.time", Role::Clerk, 3).await;
    office.user("too.late", Role::Clerk, 4).await;
    office.set("2026-12-30T18:59:59Z"); // the last second of day 30 there
    let open = office.enter("on.time", PASSWORD).await.unwrap();
    assert!(open.session.actor.is_complete);
    office.set("2026-12-30T19:00:00Z"); // day 31 begins
    let blocked = office.enter("too.late", PASSWORD).await;
    assert!(matches!(blocked, Err(EntryError::Blocked { ground: Ground::Idle })), "{blocked:?}");
    assert!(office.enter("on.time", PASSWORD).await.is_ok());
    let acts = office.acts(ActsBy::Object("too.late")).await;
    let block = acts.iter().find(|act| act.command == "account-block").unwrap();
    assert_eq!((block.login.as_str(), block.code.as_deref()), ("node", None));
    assert!(block.served.as_deref().unwrap().contains("item 28"));
    // who does not know the password is told nothing of it
    assert_eq!(code(&office.enter("too.late", "guess").await), Some("access.credentials"));
}

/// A33: those whom nobody asks about are blocked by the node itself, once each.
#[tokio::test]
async fn a33_the_node_blocks_idle_accounts_by_itself() {
    let office = Office::new().await;
    office.user("idle.one", Role::Clerk, 3).await;
    office.granted(office.asked("never.came", Role::Clerk, 4)).await.unwrap();
    office.set("2026-12-30T18:59:59Z");
    assert_eq!(stazh::flow::entry::block_idle(&office.ctx).await.unwrap(), 0);
    for login in ["cyber", "system"] {
        office.session(login).await;
    }
    office.set("2026-12-30T19:00:00Z");
    assert_eq!(stazh::flow::entry::block_idle(&office.ctx).await.unwrap(), 2);
    assert_eq!(stazh::flow::entry::block_idle(&office.ctx).await.unwrap(), 0);
}

/// A6: a second session at once, and an entry from another computer than that of the request, are alerts.
#[tokio::test]
async fn a6_a_parallel_entry_and_another_computer_raise_alerts() {
    let office = Office::new().await;
    office.user("one.person", Role::Clerk, 3).await;
    let alerts = async |office: &Office| -> Vec<String> {
        office.acts(ActsBy::Login("one.person")).await.into_iter().filter_map(|act| act.code).collect()
    };
    assert_eq!(alerts(&office).await, [""; 0]);
    office.enter("one.person", PASSWORD).await.unwrap();
    assert_eq!(alerts(&office).await, ["access.parallel"]);
    office.clock.advance_ms(31 * 60_000); // both have ended by themselves
    office.try_door("one.person", PASSWORD, None, "10.9.9.9").await.unwrap();
    assert_eq!(alerts(&office).await, ["access.elsewhere", "access.parallel"]);
}

/// A7: a password that is too old is changed before anything else, and not into one that was used.
#[tokio::test]
async fn a7_an_old_password_is_changed_first_and_none_comes_back() {
    let office = Office::new().await;
    office.user("a.clerk", Role::Clerk, 3).await;
    for _ in 0..4 {
        office.pass_days(25); // not idle
        office.session("a.clerk").await;
    }
    let session = office.session("a.clerk").await;
    assert_eq!((session.first, session.actor.is_complete), (Some(First::Password), false));
    assert_eq!(code(&office.ask(&session, "case-list").await), Some("access.incomplete"));
    let secret = |text: &str| Secret::new(text.to_owned());
    let change =
        async |old: &str, new: &str| change_password(&session, &secret(old), &secret(new), &office.ctx).await;
    assert_eq!(code(&change(PASSWORD, PASSWORD).await), Some("access.weak"));
    assert_eq!(code(&change(PASSWORD, "short").await), Some("access.weak"));
    assert_eq!(code(&change("guess", "another good horse").await), Some("access.credentials"));
    change(PASSWORD, "another good horse").await.unwrap();
    assert_eq!(
        code(&change("another good horse", PASSWORD).await),
        Some("access.weak"),
        "it was used before"
    );
    assert!(office.enter("a.clerk", "another good horse").await.unwrap().session.first.is_none());
}

/// A36: the rules of the day are acknowledged with their version, and anew when they change.
#[tokio::test]
async fn a36_the_rules_of_the_day_are_acknowledged_before_anything_else() {
    let mut office = Office::new().await;
    office.user("a.clerk", Role::Clerk, 3).await;
    for version in ["1", "2"] {
        let rules =
            RulesOfTheDay {
                version: version.to_owned(), date: office.today(), title: "Политика".to_owned()
            };
        office.ctx.entry.rules = Some(rules);
        let entered = office.enter("a.clerk", PASSWORD).await.unwrap();
        assert_eq!(entered.session.first, Some(First::Rules));
        assert_eq!(code(&office.ask(&entered.session, "case-list").await), Some("access.incomplete"));
        let stale = acknowledge_rules(&entered.session, "0", &office.ctx).await;
        assert_eq!(code(&stale), Some("access.not_there"));
        acknowledge_rules(&entered.session, version, &office.ctx).await.unwrap();
        let session = session_of(entered.token.expose(), &office.ctx).await.unwrap().unwrap();
        office.ask(&session, "case-list").await.unwrap();
    }
}

/// A12: guessing is slowed and then locked; the account of many opens again after a while.
#[tokio::test]
async fn a12_guessing_is_slowed_and_locked_for_a_while() {
    let office = Office::new().await;
    office.user("a.clerk", Role::Clerk, 3).await;
    let mut waits = 0;
    for _ in 0..5 {
        while let Err(EntryError::Wait { until }) = office.enter("a.clerk", "guess").await {
            office.set(&until.to_string());
            waits += 1;
        }
    }
    assert_eq!(waits, 3, "after the second, the third and the fourth");
    let locked = office.enter("a.clerk", PASSWORD).await;
    let Err(EntryError::Wait { until }) = locked else { panic!("{locked:?}") };
    let elsewhere = office.try_door("a.clerk", PASSWORD, None, "10.8.8.8").await;
    assert_eq!(code(&elsewhere), Some("access.wait"), "from wherever");
    office.set(&until.to_string());
    assert!(office.enter("a.clerk", PASSWORD).await.is_ok());
    assert!(office.enter("a.clerk", PASSWORD).await.is_ok(), "the tries are forgotten");
}

/// Whoever guesses at the last administrator's door is slowed, and never locks him out.
#[tokio::test]
async fn a12_nobody_locks_out_the_last_administrator() {
    let office = Office::new().await;
    let mut longest = 0;
    for _ in 0..20 {
        let before = Clock::now(office.clock.as_ref()).as_second();
        let tried = office.try_door("cyber", "guess", None, "10.6.6.6").await;
        if let Err(EntryError::Wait { until }) = tried {
            longest = longest.max(until.as_second() - before);
            office.set(&until.to_string());
        }
        assert!(office.enter("cyber", PASSWORD).await.is_ok(), "he comes from elsewhere");
    }
    assert!(longest <= 60, "{longest}");
    // with a second one he is like everybody
    office.user("cyber.two", Role::CyberAdministrator, 5).await;
    for _ in 0..9 {
        if let Err(EntryError::Wait { until }) = office.try_door("cyber", "guess", None, "10.6.6.6").await {
            office.set(&until.to_string());
        }
    }
    let last = office.enter("cyber", "guess").await;
    assert!(matches!(last, Err(EntryError::Wait { .. } | EntryError::Credentials)), "{last:?}");
}

/// Nobody learns which logins there are; what was typed as a login is kept nowhere, since it may be a password.
#[tokio::test]
async fn an_unknown_login_is_refused_like_a_wrong_password_and_not_kept() {
    let office = Office::new().await;
    assert_eq!(code(&office.enter("my secret password", "x").await), Some("access.credentials"));
    assert_eq!(code(&office.enter("no.body", "x").await), Some("access.credentials"));
    let acts = office.acts(ActsBy::All).await;
    assert!(acts[..2].iter().all(|act| act.code.as_deref() == Some("access.credentials")));
    assert!(!format!("{acts:?}").contains("secret password") && !format!("{acts:?}").contains("no.body"));
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_when_it_is_old_and_when_it_is_ended() {
    let office = Office::new().await;
    office.user("a.clerk", Role::Clerk, 3).await;
    let alive =
        async |token: &Secret<String>| session_of(token.expose(), &office.ctx).await.unwrap().is_some();
    let idle = office.enter("a.clerk", PASSWORD).await.unwrap();
    office.clock.advance_ms(29 * 60_000);
    assert!(alive(&idle.token).await, "and it was used now");
    office.clock.advance_ms(29 * 60_000);
    assert!(alive(&idle.token).await);
    office.clock.advance_ms(30 * 60_000);
    assert!(!alive(&idle.token).await);
    let old = office.enter("a.clerk", PASSWORD).await.unwrap();
    for _ in 0..29 {
        office.clock.advance_ms(20 * 60_000);
        assert!(alive(&old.token).await);
    }
    office.clock.advance_ms(20 * 60_000);
    assert!(!alive(&old.token).await, "ten hours are over");
    let (one, two) =
        (office.enter("a.clerk", PASSWORD).await.unwrap(), office.enter("a.clerk", PASSWORD).await.unwrap());
    let listed = sessions_of(&one.session, &office.ctx).await.unwrap();
    assert_eq!(listed.iter().filter(|own| own.is_this).count(), 1);
    assert!(listed.len() == 2 && listed.iter().all(|own| own.address == HERE));
    end_session(&one.session, &two.session.id, &office.ctx).await.unwrap();
    assert!(alive(&one.token).await && !alive(&two.token).await);
    let other = office.session("system").await;
    let foreign = end_session(&other, &one.session.id, &office.ctx).await;
    assert_eq!(code(&foreign), Some("access.not_there"), "it is not his");
    sign_out(&one.session, &office.ctx).await.unwrap();
    assert!(!alive(&one.token).await);
    assert!(!alive(&Secret::new("x".repeat(43))).await);
}

#[tokio::test]
async fn a_second_factor_is_demanded_once_it_is_shown_and_no_code_counts_twice() {
    let office = Office::new().await;
    let session = office.user("a.clerk", Role::Clerk, 3).await;
    let typed = Secret::new(PASSWORD.to_owned());
    let wrong = Secret::new("guess".to_owned());
    assert_eq!(code(&offer_second_factor(&session, &wrong, &office.ctx).await), Some("access.credentials"));
    let factor = offer_second_factor(&session, &typed, &office.ctx).await.unwrap();
    assert!(factor.uri("a.clerk", "KZ").expose().starts_with("otpauth://totp/"));
    assert!(office.enter("a.clerk", PASSWORD).await.is_ok(), "it does not count yet");
    assert_eq!(code(&set_second_factor(&session, "000000", &office.ctx).await), Some("access.credentials"));
    let now = |office: &Office| factor.code(stazh::base::Clock::now(office.clock.as_ref())).unwrap();
    set_second_factor(&session, &now(&office), &office.ctx).await.unwrap();
    assert_eq!(code(&office.enter("a.clerk", PASSWORD).await), Some("access.code_wanted"));
    let used = office.try_door("a.clerk", PASSWORD, Some(&now(&office)), HERE).await;
    assert_eq!(code(&used), Some("access.credentials"), "it was shown when it was set");
    office.clock.advance_ms(60_000);
    assert!(office.try_door("a.clerk", PASSWORD, Some(&now(&office)), HERE).await.is_ok());
    let twice = office.try_door("a.clerk", PASSWORD, Some(&now(&office)), HERE).await;
    assert_eq!(code(&twice), Some("access.credentials"));
    // who lost it asks for login and password anew
    let mut lost = office.asked("a.clerk", Role::Clerk, 3);
    (lost.action, lost.reason) = (stazh::access::Action::Reissue, Reason::LostPassword);
    let issued = office.granted(lost).await.unwrap();
    let temporary = issued[0].temporary.as_ref().unwrap();
    assert!(office.enter("a.clerk", temporary.expose()).await.is_ok(), "it is not wanted any more");
}

/// A second factor lies in the database under the key of the node; one that was kept bare is locked at the next start, and one
/// that was locked under another key opens nothing, which the administrator mends at the machine.
#[tokio::test]
async fn a_second_factor_is_locked_in_the_database() {
    use stazh::access::{KeptFactor, SecondFactor};
    use stazh::exchange::seal::LockKey;
    use stazh::flow::entry::{EntryPolicy, lock_factors, reissue_first};
    let mut office = Office::new().await;
    let session = office.session("cyber").await;
    let password = Secret::new(PASSWORD.to_owned());
    let drawn = offer_second_factor(&session, &password, &office.ctx).await.unwrap();
    let now = |office: &Office, factor: &SecondFactor| {
        factor.code(stazh::base::Clock::now(office.clock.as_ref())).unwrap()
    };
    set_second_factor(&session, &now(&office, &drawn), &office.ctx).await.unwrap();
    let kept = async |office: &Office| {
        let mut tx = office.ctx.store.read().await.unwrap();
        account_find(&mut tx, "cyber").await.unwrap().unwrap().factor.unwrap()
    };
    let locked = kept(&office).await;
    assert!(!locked.is_bare());
    assert!(!locked.octets().windows(20).any(|some| some == drawn.octets()));

    // as it was kept before
    let bare = SecondFactor::kept(vec![7; 20]);
    {
        let mut tx = office.ctx.store.begin().await.unwrap();
        let mut account = account_lock(&mut tx, "cyber").await.unwrap().unwrap();
        account.factor = Some(KeptFactor::of(bare.octets().to_vec()));
        account_update(&mut tx, &account).await.unwrap();
        tx.commit().await.unwrap();
    }
    let (store, random) = (office.ctx.store.clone(), office.ctx.random.clone());
    assert_eq!(lock_factors(&office.ctx.entry, &store, random.as_ref()).await.unwrap(), 0);
    assert!(!kept(&office).await.is_bare());
    office.clock.advance_ms(60_000);
    let code_now = now(&office, &bare);
    assert!(office.try_door("cyber", PASSWORD, Some(&code_now), HERE).await.is_ok(), "it is the same factor");

    // the file of the key is lost, and another one was made
    let other = EntryPolicy::of(&store, random.as_ref()).await.unwrap();
    office.ctx.entry = other.with_factor_key(LockKey::draw(random.as_ref()));
    assert_eq!(lock_factors(&office.ctx.entry, &store, random.as_ref()).await.unwrap(), 1);
    office.clock.advance_ms(60_000);
    let code_now = now(&office, &bare);
    let shut = office.try_door("cyber", PASSWORD, Some(&code_now), HERE).await;
    assert_eq!(code(&shut), Some("access.factor_key"));
    let issued = reissue_first("root", "cyber", &office.ctx).await.unwrap();
    let temporary = issued.temporary.unwrap();
    assert!(office.enter("cyber", temporary.expose()).await.is_ok());
}
