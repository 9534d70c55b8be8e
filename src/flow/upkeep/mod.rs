//! Changes of the node itself that two persons make: its keys for seals, the profiles of local forms, and rules of its own.
//!
//! One asks, and what he asks for is checked at once; another approves exactly that. The approval is kept first, and then put
//! in place by each machine of the node for itself ([`put_approved`]), as often as it takes: of the one that was approved last a
//! machine knows whether it has put it there.

mod in_place;

pub use in_place::{Placing, is_open_here, put_approved};

use super::entry::{Approved, EntryError, Eyes, approval, ask_approval_of, decide_approval, note_approved};
use super::{Context, FlowError};
use crate::access::{Actor, Permit};
use crate::base::{Verdict, with_causes};
use crate::exchange::seal::{certificates_in, sha256};
use crate::store::{JournalDraft, journal_append};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Where our keys for seals are, and those that are to take their place. May block.
pub trait KeyPlace: Send + Sync {
    /// The keys that lie beside ours and could take their place; none if none do.
    ///
    /// # Errors
    /// They could not: key and certificate do not belong together, or a file cannot be read.
    fn waiting(&self) -> Result<Option<WaitingKeys>, FlowError>;

    /// Puts those in place; the watch over keys takes them up.
    ///
    /// # Errors
    /// Others lie there by now, or the disk.
    fn replace(&self, approved: &WaitingKeys) -> Result<(), FlowError>;
}

/// Rules of one's own, and which change was put in place here last. May block.
pub trait RulePlace: Send + Sync {
    /// All that can be changed.
    ///
    /// # Errors
    /// A file cannot be read.
    fn rules(&self) -> Result<Vec<OwnRule>, FlowError>;

    /// Sees that a text could be used as the rule of a name, beside the others.
    ///
    /// # Errors
    /// Why not.
    fn check(&self, name: &str, text: &str) -> Result<(), FlowError>;

    /// Puts it in place, whole; the watch over files takes it up.
    ///
    /// # Errors
    /// It could not be used, or the disk.
    fn put(&self, name: &str, text: &str) -> Result<(), FlowError>;

    /// The approval whose change of an object was put in place here last.
    ///
    /// # Errors
    /// It cannot be read.
    fn placed(&self, object: &str) -> Result<Option<Uuid>, FlowError>;

    /// Keeps that.
    ///
    /// # Errors
    /// The disk.
    fn note_placed(&self, object: &str, approval: Uuid) -> Result<(), FlowError>;
}

/// A rule that a state may have of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnRule {
    /// Its name: `terms` or `working-days`.
    pub name: String,
    /// Whether it is the node's own; else it is the program's.
    pub is_own: bool,
    /// It.
    pub text: String,
}

/// Keys that lie beside ours, by their certificates: with which a key is told, since it must fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingKeys {
    /// The certificate of each signer, as it would be.
    pub certificates: Vec<NewCertificate>,
    /// The files that they would replace, without their folder.
    pub files: Vec<String>,
}

/// A certificate of a signer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCertificate {
    /// Its SHA-256.
    pub fingerprint: String,
    /// Until when it is valid.
    #[schemars(with = "String")]
    pub ends_at: Timestamp,
}

/// Our keys for seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeysView {
    /// Whether they are files, which can be replaced here.
    pub are_files: bool,
    /// Those that sign now.
    pub now: Vec<NewCertificate>,
    /// Those that lie beside them.
    pub next: Option<WaitingKeys>,
    /// Why what lies beside them cannot take their place.
    pub unfit: Option<String>,
}

/// What came of asking for a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedToChange {
    /// It waits for a second person.
    Waits {
        /// The number of the approval.
        #[schemars(with = "String")]
        approval: Uuid,
    },
    /// It could not be done: why.
    Unfit(String),
}

/// What came of a decision about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It was approved, and is done.
    Now,
    /// It was approved, and could not be put in place here yet: it is tried again.
    Later,
    /// Everything stays as it is.
    Kept,
    /// It was not approved after all: it cannot be done any more.
    Unfit(String),
}

/// Our keys for seals, and those that lie beside them.
///
/// # Errors
/// A certificate of ours cannot be read.
pub async fn keys_view(_permit: &Permit, ctx: &Context) -> Result<KeysView, FlowError> {
    let (keys, signers) = (ctx.keys.clone(), ctx.signers.get());
    Context::aside(move || {
        let mut now = Vec::new();
        for signer in signers.all() {
            let facts = certificates_in(&signer.certificates_pem()?)?;
            now.extend(facts.first().map(|own| NewCertificate {
                fingerprint: own.fingerprint.to_string(),
                ends_at: own.not_after,
            }));
        }
        let (next, unfit) = match keys.as_ref().map(|keys| keys.waiting()) {
            Some(Ok(next)) => (next, None),
            Some(Err(error)) => (None, Some(with_causes(&error))),
            None => (None, None),
        };
        Ok(KeysView { are_files: keys.is_some(), now, next, unfit })
    })
    .await?
}

/// Asks for our keys to be replaced by those that lie beside them.
///
/// # Errors
/// The permit is for something else; the database does not answer.
pub async fn ask_key_replace(permit: &Permit, ctx: &Context) -> Result<AskedToChange, EntryError> {
    is_for(permit, KEYS)?;
    match waiting_keys(ctx).await {
        Ok(Some(keys)) => {
            let approval =
                ask_approval_of(permit, "seal", &json!({ "keys": keys, "resolves": resolves(permit)? }), ctx)
                    .await?;
            Ok(AskedToChange::Waits { approval })
        }
        Ok(None) => Ok(AskedToChange::Unfit("no keys lie beside ours".to_owned())),
        Err(error) => unfit_or(error).map(AskedToChange::Unfit),
    }
}

/// Asks for a profile of local forms to be put in place.
///
/// # Errors
/// The permit is for something else; the database does not answer.
pub async fn ask_profile_change(
    permit: &Permit,
    (name, text): (&str, &str),
    ctx: &Context,
) -> Result<AskedToChange, EntryError> {
    ask_text_change(permit, (Text::Profile, name, text), ctx).await
}

async fn ask_text_change(
    permit: &Permit,
    (what, name, text): (Text, &str, &str),
    ctx: &Context,
) -> Result<AskedToChange, EntryError> {
    is_for(permit, TEXT)?;
    let text = format!("{}\n", text.replace("\r\n", "\n").trim_end()); // as browsers send it
    if let Err(error) = on_text((what, name, &text), Try::Check, ctx).await {
        return unfit_or(error).map(AskedToChange::Unfit);
    }
    let sha256 = sha256(text.as_bytes()).to_string();
    let body = json!({ what.word(): name, "resolves": resolves(permit)?, "sha256": sha256, "text": text });
    let approval = ask_approval_of(permit, &format!("{}:{name}", what.word()), &body, ctx).await?;
    Ok(AskedToChange::Waits { approval })
}

/// The rules that can be changed.
///
/// # Errors
/// A file cannot be read.
pub async fn own_rules(_permit: &Permit, ctx: &Context) -> Result<Vec<OwnRule>, FlowError> {
    let Some(place) = ctx.own_rules.clone() else { return Ok(Vec::new()) };
    Context::aside(move || place.rules()).await?
}

/// Asks for a rule to be put in place.
///
/// # Errors
/// The permit is for something else; the database does not answer.
pub async fn ask_rule_change(
    permit: &Permit,
    (name, text): (&str, &str),
    ctx: &Context,
) -> Result<AskedToChange, EntryError> {
    ask_text_change(permit, (Text::Rule, name, text), ctx).await
}

/// The text of a profile of one's own; none if there is none of this name.
///
/// # Errors
/// It cannot be read.
pub async fn profile_text(_permit: &Permit, name: &str, ctx: &Context) -> Result<Option<String>, FlowError> {
    let (desk, name) = (ctx.desk.clone(), name.to_owned());
    Context::aside(move || desk.profile_text(&name)).await?
}

/// Decides what waits; what is approved is done, and nothing is approved that cannot be.
///
/// # Errors
/// He may not decide it, somebody has decided it before, or it is for another act; the database does not answer.
pub async fn decide_change(
    (permit, actor): (&Permit, &Actor),
    (id, eyes, reason): (Uuid, Eyes, &str),
    ctx: &Context,
) -> Result<Changed, EntryError> {
    let waiting = approval(permit, id, actor, ctx).await?;
    if ![KEYS, TEXT].contains(&waiting.command.as_str()) {
        return Err(EntryError::NotThere { what: "a change of the node" });
    }
    // who may not approve is refused, and journalled, below
    if eyes == Eyes::Approve
        && waiting.is_mine_to_decide
        && let Err(error) = make(&waiting.command, &waiting.body, Try::Check, ctx).await
    {
        return unfit_or(error).map(Changed::Unfit);
    }
    let mut tx = ctx.store.begin().await?;
    let approved = match decide_approval(&mut tx, (permit, actor), (id, eyes, reason), ctx).await? {
        Ok(Some(approved)) => approved,
        Ok(None) => {
            tx.commit().await?;
            return Ok(Changed::Kept);
        }
        Err(refused) => {
            tx.commit().await?; // the refusal is journalled
            return Err(refused);
        }
    };
    journal_append(&mut tx, &told(&approved, ctx)).await?;
    note_approved(&mut tx, permit, &approved, ctx).await?;
    tx.commit().await?;
    Ok(match put_approved(&mut Placing::default(), ctx).await {
        Ok(open) if open.contains(&id) => Changed::Later,
        Ok(_) => Changed::Now,
        Err(error) => {
            tracing::warn!(error = %with_causes(&error), "what was approved is put in place later");
            Changed::Later
        }
    })
}

/// Whether a change is only looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    Check,
    Do,
}

/// What of the node is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Profile,
    Rule,
}

impl Text {
    fn word(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Rule => "rule",
        }
    }
}

async fn make(command: &str, body: &Value, how: Try, ctx: &Context) -> Result<(), FlowError> {
    let unread = || FlowError::Local {
        verdict: Verdict::Return { code: "access.not_there" },
        detail: "read what was asked for".to_owned(),
    };
    if command == KEYS {
        let keys = body.get("keys").cloned().unwrap_or_default();
        let approved: WaitingKeys = serde_json::from_value(keys).map_err(|_cause| unread())?;
        if waiting_keys(ctx).await?.as_ref() != Some(&approved) {
            return Err(FlowError::Local {
                verdict: Verdict::Return { code: "seal.next_keys" },
                detail: "find the keys that were asked for: other files lie there by now, or none".to_owned(),
            });
        }
        let Some(keys) = ctx.keys.clone().filter(|_| how == Try::Do) else { return Ok(()) };
        return Context::aside(move || keys.replace(&approved)).await?;
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let what = [Text::Profile, Text::Rule].into_iter().find_map(|what| Some((what, text(what.word())?)));
    let (what, name) = what.ok_or_else(unread)?;
    on_text((what, name, text("text").ok_or_else(unread)?), how, ctx).await
}

async fn on_text((what, name, text): (Text, &str, &str), how: Try, ctx: &Context) -> Result<(), FlowError> {
    let (desk, rules, name, text) =
        (ctx.desk.clone(), ctx.own_rules.clone(), name.to_owned(), text.to_owned());
    Context::aside(move || match (what, how, rules) {
        (Text::Profile, Try::Check, _) => desk.check_profile(&name, &text),
        (Text::Profile, Try::Do, _) => desk.put_profile(&name, &text),
        (Text::Rule, Try::Check, Some(rules)) => rules.check(&name, &text),
        (Text::Rule, Try::Do, Some(rules)) => rules.put(&name, &text),
        (Text::Rule, Try::Check | Try::Do, None) => Err(FlowError::Local {
            verdict: Verdict::Return { code: "access.not_there" },
            detail: "find a place for rules of one's own".to_owned(),
        }),
    })
    .await?
}

async fn waiting_keys(ctx: &Context) -> Result<Option<WaitingKeys>, FlowError> {
    let Some(keys) = ctx.keys.clone() else { return Ok(None) };
    Context::aside(move || keys.waiting()).await?
}

/// What is to be mended by whoever asks, in words; anything else is a failure of ours.
fn unfit_or(error: FlowError) -> Result<String, EntryError> {
    match error.verdict() {
        Verdict::Return { .. } | Verdict::Quarantine { .. } => Ok(with_causes(&error)),
        Verdict::Retry { .. } | Verdict::Park { .. } => Err(error.into()),
    }
}

/// The number of the appeal or defect that a change resolves: without one nothing is changed (A22).
fn resolves(permit: &Permit) -> Result<&str, EntryError> {
    let named = permit.purpose().map(|purpose| purpose.case.as_str());
    named.ok_or(EntryError::NotThere { what: "the appeal or defect that the change resolves" })
}

fn is_for(permit: &Permit, command: &str) -> Result<(), EntryError> {
    let is_for = permit.command() == command;
    is_for.then_some(()).ok_or(EntryError::NotThere { what: "leave to change this" })
}

fn told(approved: &Approved, ctx: &Context) -> JournalDraft {
    let text = format!(
        "{} of {}: asked for by {}, approved by {} as {}",
        approved.command(),
        approved.object(),
        approved.asked_by(),
        approved.approved_by(),
        approved.id()
    );
    JournalDraft::at(ctx.clock.now(), "approved", text)
}

const KEYS: &str = "key-replace";
const TEXT: &str = "profile-change";
