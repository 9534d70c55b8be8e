//! `stazh fact`: small statements about a person, in place of a record.

mod kinds;

use super::{Exit, Misused, local, noted, show};
use crate::base::Language;
use crate::exchange::canonical::{Consent, Fact, FactInquiry};
use crate::flow::{
    Agreement, AgreementOf, FactAsked, Settled, ask_fact, kept_facts, note_life_events, open_offers,
    send_offers, settle_offer, take_agreements,
};
use crate::store::{FactOfferRow, FactOfferState};
use anyhow::{Context, Result};
use comfy_table::presets;
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Ask another state for a fact about a person, or offer one: "pension paid since",
/// "large family until". Which facts there are, who may ask for them and why is data.
///
/// A node exchanges none until the section facts of its settings names them. A fact
/// that came and still counts is not asked for again.
///
///   stazh fact kinds --language ru
///   stazh fact ask kg inquiry.json
///   stazh fact list kg
///   stazh fact offer ru
///   stazh fact agree ru 5b0c1f4e-7d7c-4f56-9a53-0c4a1f3f2b11 consent.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct FactCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the kinds of facts: what they say, who keeps them, who may ask, on which act.
    Kinds(kinds::Kinds),
    /// Ask for facts; one that came before and still counts is shown in place of asking.
    Ask {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Questions as JSON, one a file.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Ask in any case.
        #[arg(long)]
        fresh: bool,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// List the facts that are kept, and the offers with their states.
    List {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Look at life events now: make offers, take what people said, send what is ready.
    Offer {
        /// The node's folder, or its settings file.
        node: PathBuf,
    },
    /// Record that a person agrees to an offer.
    Agree {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// The number of the offer, as list shows it.
        offer: Uuid,
        /// His consent as JSON.
        consent: PathBuf,
    },
    /// Record that a person does not agree to an offer; it ends with that, and nothing else changes.
    Decline {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// The number of the offer, as list shows it.
        offer: Uuid,
    },
}

impl FactCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Kinds(kinds) => kinds.run(),
            Action::Ask { node, files, fresh, json } => ask(&node, &files, fresh, json),
            Action::List { node, json } => list(&node, json),
            Action::Offer { node } => offer(&node),
            Action::Agree { node, offer, consent } => {
                let consent: Consent = local::read_json(&consent, "consent")?;
                settle(&node, AgreementOf { offer, agreement: Agreement::Agreed(consent) })
            }
            Action::Decline { node, offer } => {
                settle(&node, AgreementOf { offer, agreement: Agreement::Declined })
            }
        }
    }
}

fn ask(node: &Path, files: &[PathBuf], fresh: bool, as_json: bool) -> Result<Exit> {
    let read =
        |file: &PathBuf| Ok((file.display().to_string(), local::read_json(file, "question for a fact")?));
    let questions: Vec<(String, FactInquiry)> = files.iter().map(read).collect::<Result<_>>()?;
    noted::with_flows_noted(node, ("inquiry-send", "facts"), async |ctx| {
        for (name, inquiry) in &questions {
            match ask_fact(inquiry, fresh, ctx).await.with_context(|| format!("ask {name}"))? {
                FactAsked::Kept(fact) if as_json => show::json_line(&json!({ "kept": fact })),
                FactAsked::Kept(fact) => {
                    let (day, until) = (fact.as_of, fact.validity.until());
                    show::line(&format!("{name}: known as of {day}, counts until {until}; nobody was asked"));
                    show::json(&json!(fact));
                }
                FactAsked::Sent(sent) => {
                    let (conversation, document) =
                        (sent.conversation_id.as_uuid(), sent.document_id.as_uuid());
                    let to = inquiry.asked;
                    if as_json {
                        show::json_line(&json!({ "conversation": conversation, "document": document }));
                    } else {
                        show::line(&format!(
                            "{name} is in the outbox for {to}: conversation {conversation}; the fact appears in handed-over/facts"
                        ));
                    }
                }
            }
        }
        Ok(Exit::Done)
    })
}

fn list(node: &Path, as_json: bool) -> Result<Exit> {
    local::with_flows(node, async |ctx| {
        let (facts, offers) = (kept_facts(ctx).await?, open_offers(ctx).await?);
        if as_json {
            facts.iter().for_each(|fact| show::json_line(&json!({ "fact": fact })));
            offers.iter().for_each(|row| show::json_line(&offer_json(row)));
        } else {
            show::line(&facts_table(&facts));
            show::line(&offers_table(&offers));
        }
        Ok(Exit::Done)
    })
}

fn offer(node: &Path) -> Result<Exit> {
    noted::with_flows_noted(node, ("inquiry-send", "offers"), async |ctx| {
        let made = note_life_events(&mut HashSet::new(), ctx).await?;
        take_agreements(&mut HashSet::new(), ctx).await?;
        send_offers(ctx).await?;
        show::line(&format!("{made} offers are new"));
        show::line(&offers_table(&open_offers(ctx).await?));
        Ok(Exit::Done)
    })
}

fn settle(node: &Path, said: AgreementOf) -> Result<Exit> {
    let object = format!("offer:{}", said.offer);
    noted::with_flows_noted(node, ("inquiry-send", &object), async |ctx| {
        match settle_offer(&said, ctx).await? {
            Settled::Done => show::line(&format!("offer {} is settled", said.offer)),
            Settled::NotWaiting => {
                show::aside(&format!("offer {} waits for nobody; see stazh fact list", said.offer));
                return Ok(Exit::Refused);
            }
        }
        Ok(Exit::Done)
    })
}

/// Facts without their values: who wants these has the local system, or --json.
fn facts_table(facts: &[Fact]) -> String {
    if facts.is_empty() {
        return "no fact is kept".to_owned();
    }
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    let header = ["fact", "of", "purpose", "as of", "counts until"];
    table.set_header(header);
    for fact in facts {
        table.add_row([
            fact.kind.as_str().to_owned(),
            fact.state.to_string(),
            fact.ground.purpose.as_str().to_owned(),
            fact.as_of.to_string(),
            fact.validity.until().to_string(),
        ]);
    }
    table.to_string()
}

fn offers_table(offers: &[FactOfferRow]) -> String {
    if offers.is_empty() {
        return "no offer was made".to_owned();
    }
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["offer", "fact", "for", "state", "until"]);
    for FactOfferRow { draft, .. } in offers {
        let state = if draft.state == FactOfferState::Waiting {
            "waits for the person"
        } else {
            draft.state.as_str()
        };
        table.add_row([
            draft.id.to_string(),
            draft.kind.clone(),
            draft.peer.clone(),
            state.to_owned(),
            draft.expires_at.to_string(),
        ]);
    }
    table.to_string()
}

fn offer_json(row: &FactOfferRow) -> serde_json::Value {
    let draft = &row.draft;
    json!({
        "offer": draft.id, "kind": draft.kind, "for": draft.peer, "state": draft.state.as_str(),
        "expires_at": draft.expires_at.to_string(),
        "conversation": row.conversation_id.map(|id| id.as_uuid()),
    })
}

/// A state by its code, for options.
fn state(text: &str) -> Result<crate::exchange::canonical::State, Misused> {
    text.parse().map_err(|finding: crate::base::Finding| Misused(finding.message))
}

/// In which language a list is shown.
fn pick<'t>(language: Language, ru: &'t str, en: &'t str) -> &'t str {
    language.en_or_ru(en, ru)
}
