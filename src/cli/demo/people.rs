//! Who may look at the nodes of the demo in a browser: invented officers, registered as the Rules want it.

use crate::access::{
    AccessRequest, Action, Applicant, Ask, Basis, BasisKind, Permit, Reason, RequestedUser, Role, Session,
};
use crate::base::{Language, Secret};
use crate::cli::local;
use crate::exchange::canonical::State;
use crate::flow::Context as Flows;
use crate::flow::entry::{self, Decision, Issued, SentFile, SignIn};
use anyhow::{Context, Result};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

/// Somebody who can sign in by a temporary password.
pub(super) struct Officer {
    pub(super) what: &'static str,
    pub(super) login: String,
    pub(super) temporary: String,
}

/// A clerk to be registered: what he is, his role, his name, and what he may.
type Post = (&'static str, Role, &'static str, &'static [&'static str]);

/// Registers the administrators at the machine, and by a request of the one that the other executes those who work on cases.
pub(super) async fn register(node: &Path) -> Result<Vec<Officer>> {
    registered(node, &OF_CASES).await
}

/// The same, with one who works with those who seek a job.
pub(super) async fn register_for_jobs(node: &Path) -> Result<Vec<Officer>> {
    registered(node, &OF_JOBS).await
}

async fn registered(node: &Path, posts: &[Post]) -> Result<Vec<Officer>> {
    let settings = local::settings(node)?;
    let flows = local::context(&settings).await?;
    let registered = officers(posts, &flows).await;
    flows.store.close().await;
    registered
}

async fn officers(posts: &[Post], flows: &Flows) -> Result<Vec<Officer>> {
    let numbers: &[&str] = match flows.state {
        State::Kg => &NUMBERS_KG,
        State::Am | State::By | State::Kz | State::Ru => &NUMBERS_RU,
    };
    let mut numbers = numbers.iter().copied();
    let mut number = || numbers.next().context("find an invented number");
    let first = async |role, who| -> Result<Session> {
        let issued = entry::register_first("demo", request(role, who, &[], flows), ORDER, flows).await?;
        let one = issued.into_iter().next().context("register an administrator")?;
        enter(one, flows).await
    };
    let keeper = first(Role::SystemAdministrator, ("Ivan Keeper", number()?)).await?;
    let guard = first(Role::CyberAdministrator, ("Anna Guard", number()?)).await?;
    let mut officers = Vec::new();
    for &(what, role, name, functions) in posts {
        let asked = request(role, (name, number()?), functions, flows);
        let leave = permit(&keeper, "request-file", flows).await?;
        let filed = entry::file_request(&leave, asked, Some(ORDER), flows).await?;
        let leave = permit(&guard, "request-decide", flows).await?;
        for one in entry::decide_request(&leave, filed.id, &Decision::Grant, flows).await? {
            let temporary = one.temporary.context("issue a temporary password")?;
            officers.push(Officer { what, login: one.login, temporary: temporary.expose().clone() });
        }
    }
    Ok(officers)
}

/// The first entry of an administrator, who chooses a password that nobody learns.
async fn enter(one: Issued, flows: &Flows) -> Result<Session> {
    let temporary = one.temporary.context("issue a temporary password")?;
    let own = Secret::new(format!("{}-{}", flows.random.uuid(), flows.random.uuid()));
    let session = sign_in(&one.login, &temporary, flows).await?;
    entry::change_password(&session, &temporary, &own, flows).await?;
    sign_in(&one.login, &own, flows).await
}

async fn sign_in(login: &str, password: &Secret<String>, flows: &Flows) -> Result<Session> {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let asked = SignIn { login, password, code: None, address, agent: "stazh demo" };
    Ok(entry::sign_in(asked, flows).await?.session)
}

async fn permit(session: &Session, command: &str, flows: &Flows) -> Result<Permit> {
    let ask = Ask { command, object: "", purpose: None, at: flows.clock.now() };
    Ok(entry::permit(&session.actor, ask, None, flows).await?)
}

fn request(role: Role, (name, number): (&str, &str), functions: &[&str], flows: &Flows) -> AccessRequest {
    let today: Date = entry::day_in(flows.state, flows.clock.now());
    let functions: BTreeSet<String> = match functions {
        [] => crate::access::Commands::built_in().functions_of(role).into_iter().map(str::to_owned).collect(),
        some => some.iter().map(|&function| function.to_owned()).collect(),
    };
    AccessRequest {
        action: Action::Grant,
        reason: Reason::New,
        basis: Basis { kind: BasisKind::Employment, number: "1".to_owned(), date: today, file: None },
        applicant: Applicant {
            number: "000000000000".to_owned(),
            name: "Pension fund of the demo".to_owned(),
            region: String::new(),
            head_name: "Head of the demo".to_owned(),
            signed_on: Some(today),
            letter: None,
            is_state_body: true,
            exception_act: None,
        },
        users: vec![RequestedUser {
            name: name.to_owned(),
            number: number.to_owned(),
            login: String::new(),
            office: String::new(),
            mobile: String::new(),
            address: "127.0.0.1".to_owned(),
            position: "officer".to_owned(),
            unit: "demo".to_owned(),
            language: Some(Language::En),
            public_key: None,
        }],
        role,
        systems: BTreeSet::from(["X-NODE".to_owned()]),
        functions,
        reply_email: "officers@demo.example".to_owned(),
    }
}

/// Who works on cases.
const OF_CASES: [Post; 2] = [
    ("a clerk", Role::Clerk, "Olga Clerk", CLERK),
    ("a senior clerk", Role::SeniorClerk, "Pavel Senior", SENIOR),
];
/// Who works with those who seek a job.
const OF_JOBS: [Post; 1] = [("a clerk", Role::Clerk, "Gulnara Clerk", JOBS)];
/// Invented numbers, one for each.
const NUMBERS_RU: [&str; 4] = ["12045011180", "12045022286", "12045033392", "12045044498"];
const NUMBERS_KG: [&str; 3] = ["20101197500011", "10202198000012", "10303198500013"];
const JOBS: &[&str] = &["jobs", "workers", "cases", "messages", "persons"];
const CLERK: &[&str] = &["cases", "export", "decisions", "messages", "persons", "figures"];
const SENIOR: &[&str] = &["cases", "export", "decisions", "approvals", "messages", "persons", "figures"];
/// A copy of an order that nobody gave.
const ORDER: SentFile<'static> = SentFile { name: "order.pdf", bytes: b"%PDF-1.4\n%%EOF\n" };
