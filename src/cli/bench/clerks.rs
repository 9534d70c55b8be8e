//! Many clerks at their desks at once: what each waits for a page, over HTTP, with sessions and the journal of acts.

use crate::access::{Commands, Role, Standing};
use crate::base::{Clock, OsRandom, Random, SystemClock};
use crate::exchange::seal::sha256;
use crate::node::{ConsoleSettings, Door, FolderDesk, Node, Settings};
use crate::store::{AccountDetails, AccountRow, SessionRow, Store, account_put, session_put};
use anyhow::{Context, Result, ensure};
use jiff::SignedDuration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many there are, and how they work.
pub(super) struct Plan {
    /// How many clerks.
    pub(super) clerks: u32,
    /// How long they work.
    pub(super) seconds: u32,
    /// How long one reads a page before he asks for the next.
    pub(super) think_ms: u32,
    /// Ids of conversations that they follow.
    pub(super) conversations: Vec<String>,
    /// Numbers of persons whom they search for.
    pub(super) numbers: Vec<String>,
}

/// What was measured.
pub(super) struct Worked {
    /// Each page that they asked for, with the time that it took, sorted.
    pub(super) times: Vec<(&'static str, Vec<Duration>)>,
    /// Answers that were none.
    pub(super) failed: u64,
    /// How long they worked.
    pub(super) elapsed: Duration,
}

/// A clerk with his session.
struct Clerk {
    token: String,
    csrf: String,
}

/// Lets the clerks work at a node of these settings.
pub(super) async fn work(settings: &Settings, plan: Plan) -> Result<Worked> {
    let mut settings = settings.clone();
    settings.console = Some(ConsoleSettings {
        listen: "127.0.0.1:0".parse()?,
        certificate: None,
        key: None,
        caller_header: None,
        time_zone: None,
    });
    let door = Door::open(&settings).await?;
    let url = door.console_url()?.context("find the door for people")?;
    let node = Node::start(door, &settings, Arc::new(FolderDesk::open(&settings)?)).await?;
    let clerks = employ(&node.flows().store, plan.clerks).await?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()?;
    let (plan, failed, begun) = (Arc::new(plan), Arc::new(AtomicU64::new(0)), Instant::now());
    let until = begun + Duration::from_secs(u64::from(plan.seconds));
    let mut desks = JoinSet::new();
    for (number, clerk) in clerks.into_iter().enumerate() {
        let (client, url, plan, failed) = (client.clone(), url.clone(), plan.clone(), failed.clone());
        desks.spawn(async move { sit(number, &clerk, (&client, &url), &plan, (until, &failed)).await });
    }
    let mut times: Vec<(&'static str, Vec<Duration>)> =
        PAGES.iter().map(|page| (*page, Vec::new())).collect();
    while let Some(done) = desks.join_next().await {
        for (page, took) in done? {
            if let Some((_, all)) = times.iter_mut().find(|(name, _)| *name == page) {
                all.push(took);
            }
        }
    }
    let elapsed = begun.elapsed();
    node.stop().await;
    times.iter_mut().for_each(|(_, all)| all.sort());
    times.retain(|(_, all)| !all.is_empty());
    ensure!(!times.is_empty(), "let clerks work: no page was answered");
    Ok(Worked { times, failed: failed.load(Ordering::Relaxed), elapsed })
}

/// One clerk's day: a page, a look at it, the next page.
async fn sit(
    number: usize,
    clerk: &Clerk,
    (client, url): (&reqwest::Client, &str),
    plan: &Plan,
    (until, failed): (Instant, &AtomicU64),
) -> Vec<(&'static str, Duration)> {
    let mut times = Vec::new();
    let think = Duration::from_millis(u64::from(plan.think_ms));
    // they do not all sit down in one moment
    let share = u32::try_from(number).unwrap_or_default();
    tokio::time::sleep(think.saturating_mul(share) / plan.clerks.max(1)).await;
    let mut turn = number;
    while Instant::now() < until {
        let page = PAGES.get(turn % PAGES.len()).copied().unwrap_or("first page");
        let of = |all: &[String]| all.get(turn % all.len().max(1)).cloned().unwrap_or_default();
        let request = match page {
            "search by number" => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.append_pair("csrf", &clerk.csrf)
                    .append_pair("number", &of(&plan.numbers))
                    .append_pair("purpose", "case")
                    .append_pair("reason", "bench");
                client
                    .post(format!("{url}/console/persons"))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body(form.finish())
            }
            "journey" => client.get(format!("{url}/console/messages/{}", of(&plan.conversations))),
            "messages" => client.get(format!("{url}/console/messages")),
            "board of cases" => client.get(format!("{url}/console/cases")),
            "figures of a month" => client.get(format!("{url}/console/figures")),
            _ => client.get(format!("{url}/console")),
        };
        let begun = Instant::now();
        let answer = request.header("Cookie", format!("stazh={}", clerk.token)).send().await;
        let is_page = match answer {
            Ok(answer) => answer.status().is_success() && answer.bytes().await.is_ok(),
            Err(_cut_off) => false,
        };
        if is_page {
            times.push((page, begun.elapsed()));
        } else {
            failed.fetch_add(1, Ordering::Relaxed);
        }
        turn = turn.wrapping_add(1);
        tokio::time::sleep(think).await;
    }
    times
}

/// Accounts with sessions, as a sign-in leaves them.
async fn employ(store: &Store, count: u32) -> Result<Vec<Clerk>> {
    let now = SystemClock.now();
    let functions = Commands::built_in().functions_of(Role::SeniorClerk);
    let mut tx = store.begin().await?;
    let mut clerks = Vec::new();
    for number in 0..count {
        let login = format!("bench.{number}");
        let row = AccountRow {
            login: login.clone(),
            role: Role::SeniorClerk,
            standing: Standing::Active,
            person: None,
            name: login.clone(),
            details: AccountDetails {
                functions: functions.iter().map(|&function| function.to_owned()).collect(),
                address: "127.0.0.1".to_owned(),
                ..AccountDetails::default()
            },
            password: None,
            password_at: now,
            history: Vec::new(),
            factor: None,
            factor_step: None,
            factor_offered: None,
            public_key: None,
            tries: 0,
            shut_until: None,
            rules: None,
            rules_at: None,
            request_id: OsRandom::default().uuid(),
            made_at: now,
            used_at: now,
        };
        account_put(&mut tx, &row).await?;
        let clerk = Clerk {
            token: OsRandom::default().uuid().simple().to_string(),
            csrf: OsRandom::default().uuid().simple().to_string(),
        };
        let session = SessionRow {
            token: sha256(clerk.token.as_bytes()),
            id: OsRandom::default().uuid().to_string(),
            login,
            csrf: clerk.csrf.clone(),
            address: "127.0.0.1".to_owned(),
            agent: "bench".to_owned(),
            began_at: now,
            used_at: now,
            ends_at: now.checked_add(SignedDuration::from_hours(8))?,
        };
        session_put(&mut tx, &session).await?;
        clerks.push(clerk);
    }
    tx.commit().await?;
    Ok(clerks)
}

/// What a clerk looks at, in turn.
const PAGES: [&str; 6] =
    ["first page", "messages", "journey", "search by number", "board of cases", "figures of a month"];
