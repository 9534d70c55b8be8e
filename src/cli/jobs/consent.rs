//! `stazh jobs consent`: consents given, shown and taken back.

use super::{Exit, local, noted, show};
use crate::base::Finding;
use crate::exchange::canonical::job::{Candidate, LanguageCode};
use crate::exchange::canonical::{RecordId, State, Title};
use crate::exchange::seal::sha256;
use crate::flow::labour::{NewConsent, give_consent, subject_of, withdraw_consent};
use crate::labour::WordFault;
use crate::labour::consent::{Consent, ConsentText, EmployerClass, Purpose, Section, SignatureLevel};
use crate::store::{
    ConsentTarget, RevealBody, RevealRow, consent_list, reveal_list, target_list, target_missing,
};
use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// Keep the consents of persons who seek work.
///
///   stazh jobs consent give kg candidate.json --to RU,KZ --sections occupation,location \
///     --text consent-ru.txt --text-version 3 --language ru --signature in_person --basis "KG 58, art. 9"
///   stazh jobs consent show kg candidate.json
///   stazh jobs consent withdraw kg 0d8e... --channel console
///   stazh jobs consent missing kg
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ConsentCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Note a consent, in place of the one before for the same purpose, and publish the profile.
    Give(Give),
    /// Show the consents of a person: where the profile is, who confirmed its end, to whom he was revealed.
    Show {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// The candidate or the person, as JSON.
        person: PathBuf,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Take a consent back: the profile is blanked here and every peer is told.
    Withdraw {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// The number of the consent.
        id: Uuid,
        /// By which way the person took it back.
        #[arg(long, default_value = "in_person", value_parser = parsed::<RecordId>)]
        channel: RecordId,
    },
    /// List the erasures that peers have not confirmed.
    Missing {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Give {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The candidate, as JSON.
    candidate: PathBuf,
    /// To which states.
    #[arg(long, value_delimiter = ',', required = true, value_parser = parsed::<State>)]
    to: Vec<State>,
    /// Which sections: each one that the person chose, none is taken for granted.
    #[arg(long, value_delimiter = ',', required = true, value_parser = word::<Section>)]
    sections: Vec<Section>,
    /// For what.
    #[arg(long, default_value = "cv_search", value_parser = word::<Purpose>)]
    purpose: Purpose,
    /// To which employers.
    #[arg(long, default_value = "verified_employer", value_parser = word::<EmployerClass>)]
    employers: EmployerClass,
    /// Leave agencies out.
    #[arg(long)]
    no_agencies: bool,
    /// The file with the very text that the person was shown.
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// The version of that text.
    #[arg(long, value_parser = parsed::<RecordId>)]
    text_version: RecordId,
    /// Its language.
    #[arg(long, value_parser = parsed::<LanguageCode>)]
    language: LanguageCode,
    /// For how many days.
    #[arg(long, default_value_t = 365)]
    days: u32,
    /// How the person said yes: qualified_signature, one_time_sms or in_person.
    #[arg(long, value_parser = word::<SignatureLevel>)]
    signature: SignatureLevel,
    /// What shows that: the number of the signed object, of the SMS, or the hash of the scan.
    #[arg(long, value_parser = parsed::<RecordId>)]
    evidence: Option<RecordId>,
    /// Act and article of this state.
    #[arg(long, value_parser = parsed::<Title>)]
    basis: Title,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl ConsentCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Give(give) => give.run(),
            Action::Show { node, person, json } => {
                let person = local::read_person(&person)?;
                noted::with_flows_noted(&node, ("jobs-consent", "consents:show"), async |ctx| {
                    let subject = subject_of(&person, ctx)?;
                    let mut tx = ctx.store.read().await?;
                    let consents = consent_list(&mut tx, subject).await?;
                    if consents.is_empty() {
                        show::line("no consent of this person is kept");
                    }
                    for consent in &consents {
                        let id = consent.terms().id;
                        let (targets, reveals) =
                            (target_list(&mut tx, id).await?, reveal_list(&mut tx, id).await?);
                        let now = ctx.clock.now();
                        if json {
                            let mut told = as_json(consent, &targets, now);
                            let reveals = reveals.iter().map(|row| {
                                json!({
                                    "given_at": row.given_at.to_string(), "ended_at": row.ended_at.map(|at| at.to_string()),
                                    "to": row.body,
                                })
                            });
                            if let Value::Object(told) = &mut told {
                                told.insert("reveals".to_owned(), reveals.collect());
                            }
                            show::json_line(&told);
                        } else {
                            show::line(&as_text(consent, &targets, now));
                            reveals.iter().for_each(|row| show::line(&reveal_text(row)));
                        }
                    }
                    Ok(Exit::Done)
                })
            }
            Action::Withdraw { node, id, channel } => {
                noted::with_flows_noted(&node, ("jobs-consent", &format!("consent:{id}")), async |ctx| {
                    withdraw_consent(id, &channel, ctx).await?;
                    show::line(&format!(
                        "consent {id} is withdrawn; its profiles are blank here, and each peer confirms by itself"
                    ));
                    Ok(Exit::Done)
                })
            }
            Action::Missing { node, json } => local::with_flows(&node, async |ctx| {
                let missing = target_missing(&mut ctx.store.read().await?, MISSING_MAX).await?;
                if missing.is_empty() && !json {
                    show::line("every erasure is confirmed");
                }
                for target in &missing {
                    if json {
                        show::json_line(&target_json(target));
                    } else {
                        show::line(&format!("consent {}: {}", target.consent_id, target_text(target)));
                    }
                }
                Ok(Exit::Done)
            }),
        }
    }
}

impl Give {
    fn run(self) -> Result<Exit> {
        let candidate: Candidate = local::read_json(&self.candidate, "candidate")?;
        let text = std::fs::read(&self.text).with_context(|| format!("read {}", self.text.display()))?;
        let new = NewConsent {
            purpose: self.purpose,
            sections: self.sections.into_iter().collect(),
            target_states: self.to.into_iter().collect(),
            employer_class: self.employers,
            is_agency_excluded: self.no_agencies,
            text: ConsentText { version: self.text_version, sha256: sha256(&text), language: self.language },
            days: self.days,
            signature_level: self.signature,
            evidence: self.evidence,
            legal_basis: self.basis,
        };
        noted::with_flows_noted(&self.node, ("jobs-consent", "consent:new"), async |ctx| {
            let given = give_consent(&candidate, new, ctx).await?;
            if self.json {
                show::json_line(&json!({
                    "consent": given.id.to_string(),
                    "superseded": given.superseded.map(|id| id.to_string()),
                    "published": given.published,
                    "waiting": given.waiting.iter().map(|(peer, code)| json!({ "peer": peer, "code": code }))
                        .collect::<Vec<_>>(),
                }));
                return Ok(Exit::Done);
            }
            show::line(&format!("consent {} is noted", given.id));
            if let Some(before) = given.superseded {
                show::line(&format!("it stands in place of {before}, whose profiles are erased"));
            }
            if !given.published.is_empty() {
                show::line(&format!("published to {}", given.published.join(", ")));
            }
            for (peer, code) in &given.waiting {
                show::line(&format!("waits for {peer}: {code}; stazh explain {code}"));
            }
            Ok(Exit::Done)
        })
    }
}

fn as_text(consent: &Consent, targets: &[ConsentTarget], now: Timestamp) -> String {
    let terms = consent.terms();
    let sections: Vec<_> = terms.sections.iter().map(Section::as_str).collect();
    let mut lines = vec![format!(
        "{}: {} for {}, from {} to {}; {}",
        terms.id,
        consent.state(now).as_str(),
        terms.purpose.as_str(),
        terms.given_at,
        terms.expires_at,
        sections.join(", ")
    )];
    lines.extend(targets.iter().map(|target| format!("  {}", target_text(target))));
    lines.join("\n")
}

fn reveal_text(row: &RevealRow) -> String {
    let RevealBody { employer, state, vacancy, fields } = &row.body;
    let ended = row.ended_at.map_or(String::new(), |at| format!(", ended at {at}"));
    let fields = fields.join(", ");
    format!("  shown to {employer} in {state} for {vacancy} at {}: {fields}{ended}", row.given_at)
}

fn target_text(target: &ConsentTarget) -> String {
    let peer = &target.peer;
    match (target.erased_at, target.erased_seq, target.confirmed_at) {
        (None, _, _) if target.reference.is_some() => format!("{peer}: published"),
        (None, _, _) => format!("{peer}: waits to be published"),
        (Some(_), None, _) => format!("{peer}: was never published"),
        (Some(at), Some(_), None) => format!("{peer}: erased at {at}, not confirmed"),
        (Some(at), Some(_), Some(confirmed)) => {
            let by = target.signer.as_deref().unwrap_or_default();
            format!("{peer}: erased at {at}, confirmed at {confirmed} by {by}")
        }
    }
}

fn as_json(consent: &Consent, targets: &[ConsentTarget], now: Timestamp) -> Value {
    json!({
        "state": consent.state(now).as_str(),
        "ended_at": consent.ended_at().map(|at| at.to_string()),
        "terms": consent.terms(),
        "targets": targets.iter().map(target_json).collect::<Vec<_>>(),
    })
}

fn target_json(target: &ConsentTarget) -> Value {
    json!({
        "consent": target.consent_id.to_string(), "peer": target.peer, "ref": target.reference,
        "erased_at": target.erased_at.map(|at| at.to_string()), "erased_seq": target.erased_seq,
        "confirmed_at": target.confirmed_at.map(|at| at.to_string()), "signer": target.signer,
        "signature": target.signature,
    })
}

/// A value of an option, with what is wrong with it.
fn parsed<T: std::str::FromStr<Err = Finding>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|finding: Finding| finding.message)
}

/// The same of a word.
fn word<T: std::str::FromStr<Err = WordFault>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|fault: WordFault| fault.to_string())
}

const MISSING_MAX: u32 = 10_000;
