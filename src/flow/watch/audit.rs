//! The state of the node as an auditor takes it away (A25): versions, what it is set up to do, accounts, open incidents.

use super::super::signed_file::sign_lines;
use super::super::{Context, FlowError};
use super::{BackupTold, CertificateTold, last_backup, peers_view};
use crate::access::Permit;
use crate::flow::entry::day_in;
use crate::store::{
    AppealState, ApprovalState, account_page, appeal_page, approval_page, chain_head, chain_seal_last,
    schema_version,
};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The state of the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditView {
    /// When it was drawn.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
    /// Whose node it is.
    pub state: String,
    /// The version of the program.
    pub program: String,
    /// The version of the form of its database.
    pub database_form: i64,
    /// What it is set up to do, by name. No secret and no path.
    pub configuration: BTreeMap<String, String>,
    /// Accounts that are alike, and how many of them there are.
    pub accounts: Vec<AccountsAlike>,
    /// Appeals and incidents that are not answered.
    pub incidents: Vec<OpenIncident>,
    /// How many acts wait for a second person; no more than a page of them is counted.
    pub approvals_waiting: usize,
    /// The last link of the journal's chain.
    pub journal_link: i64,
    /// When its head was signed last.
    #[schemars(with = "Option<String>")]
    pub journal_sealed_at: Option<Timestamp>,
    /// The certificates the node works with, the next to end first.
    pub certificates: Vec<CertificateTold>,
    /// The last copy of the database that is known; a server's own are known where somebody has noted them.
    pub last_backup: Option<BackupTold>,
    /// As of when the records of the local system are.
    #[schemars(with = "Option<String>")]
    pub local_records_at: Option<Timestamp>,
}

/// Accounts that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountsAlike {
    /// What they are.
    pub role: String,
    /// Where they stand.
    pub state: String,
    /// How many there are.
    pub count: usize,
    /// How many of them have a second factor.
    pub with_second_factor: usize,
}

/// An appeal or incident that is not answered. Who wrote it and what is told elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenIncident {
    /// Its number.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Of what it was learned (A15).
    pub source: String,
    /// When it came.
    #[schemars(with = "String")]
    pub filed_at: Timestamp,
    /// By when it is to be executed.
    #[schemars(with = "String")]
    pub due_on: Date,
    /// Whether that day is over.
    pub is_overdue: bool,
    /// Whether somebody has looked at it.
    pub is_taken: bool,
}

/// Draws the state of the node.
///
/// # Errors
/// The database does not answer; a certificate cannot be read.
pub async fn audit_view(permit: &Permit, ctx: &Context) -> Result<AuditView, FlowError> {
    let now = ctx.clock.now();
    let today = day_in(ctx.state, now);
    let certificates = peers_view(permit, ctx).await?.certificates;
    let mut tx = ctx.store.read().await?;
    let mut alike: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = account_page(&mut tx, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.login);
        for row in page {
            let state = match row.standing.ground() {
                Some(ground) => format!("{}: {}", row.standing.word(), ground.word()),
                None => row.standing.word().to_owned(),
            };
            let (count, with) = alike.entry((row.role.word().to_owned(), state)).or_default();
            *count = count.saturating_add(1);
            *with = with.saturating_add(usize::from(row.factor.is_some()));
        }
    }
    let mut incidents = Vec::new();
    for state in [AppealState::Open, AppealState::Taken] {
        let rows = appeal_page(&mut tx, (state, None), LAST, PAGE).await?;
        incidents.extend(rows.into_iter().map(|row| OpenIncident {
            id: row.draft.id.to_string(),
            is_overdue: row.draft.due_on < today,
            kind: row.draft.kind,
            source: row.draft.source.as_str().to_owned(),
            filed_at: row.draft.filed_at,
            due_on: row.draft.due_on,
            is_taken: row.reacted.is_some(),
        }));
    }
    incidents.sort_by_key(|one| (one.due_on, one.filed_at));
    let waiting = approval_page(&mut tx, ApprovalState::Waiting, None, PAGE).await?.len();
    let (head, sealed) = (chain_head(&mut tx).await?, chain_seal_last(&mut tx).await?);
    let last_backup = last_backup(&mut tx).await?;
    drop(tx);
    let desk = ctx.desk.clone();
    let local_records_at = Context::aside(move || desk.updated_at()).await?.unwrap_or_default();
    Ok(AuditView {
        made_at: now,
        state: ctx.state.to_string(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        database_form: schema_version(),
        configuration: configuration(ctx),
        accounts: alike
            .into_iter()
            .map(|((role, state), (count, with_second_factor))| AccountsAlike {
                role,
                state,
                count,
                with_second_factor,
            })
            .collect(),
        incidents,
        approvals_waiting: waiting,
        journal_link: head.number,
        journal_sealed_at: sealed.map(|seal| seal.at),
        certificates,
        last_backup,
        local_records_at,
    })
}

/// The same as a file that the node signs.
///
/// # Errors
/// As [`audit_view`]; the key cannot sign now.
pub async fn audit_file(permit: &Permit, ctx: &Context) -> Result<Vec<u8>, FlowError> {
    let view = audit_view(permit, ctx).await?;
    sign_lines(("audit", json!({ "made_by": permit.login() })), vec![json!(view).to_string()], ctx).await
}

fn configuration(ctx: &Context) -> BTreeMap<String, String> {
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let mut told = BTreeMap::from([
        ("database".to_owned(), if ctx.store.is_shared() { "server" } else { "file" }.to_owned()),
        ("third_party".to_owned(), yes(ctx.third_party.is_some())),
        ("time_stamps".to_owned(), yes(ctx.time_stamps.is_some())),
        ("revocation".to_owned(), yes(ctx.revocation.is_some())),
        ("proactive".to_owned(), yes(ctx.proactive.is_some())),
        ("reminds_peers".to_owned(), yes(ctx.cases.reminds)),
        ("limits".to_owned(), format!("{:?}", ctx.limits)),
    ]);
    let rules = ctx.entry.rules.as_ref();
    let rules =
        rules.map_or_else(|| "none".to_owned(), |rules| format!("{} of {}", rules.version, rules.date));
    told.insert("security_rules".to_owned(), rules);
    let law = &ctx.entry.numbers.law;
    for (name, number) in [
        ("days_to_answer_a_request", &law.request_answer),
        ("days_to_execute_an_appeal", &law.appeal_execution),
        ("days_without_an_entry", &law.idle),
    ] {
        told.insert(name.to_owned(), format!("{} ({})", number.count, number.source));
    }
    for name in ctx.peers.names() {
        let Ok(peer) = ctx.peers.of_name(&name) else { continue };
        let processes = peer.processes.as_ref().map_or_else(
            || "all processes".to_owned(),
            |all| all.iter().cloned().collect::<Vec<_>>().join(" "),
        );
        told.insert(format!("peer_{name}"), format!("{}; {processes}", peer.certificate_name));
    }
    told
}

const PAGE: u32 = 1_000;
/// After every number of an appeal.
const LAST: &str = "~";
