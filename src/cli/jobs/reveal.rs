//! `stazh jobs reveal`: a person shows himself to one employer.

use super::{Exit, local, noted, show};
use crate::base::from_json;
use crate::exchange::canonical::job::{Candidate, Interest, JobDocument, Revealed};
use crate::flow::labour::{NewReveal, reveal};
use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// Show a person to the one employer whose interest came, by what he chose to show.
///
/// A consent for a reveal is needed, which names the state and the sections. What leaves
/// goes to the node of the vacancy's state alone, and is noted: stazh jobs consent show
/// lists it. Withdrawing the consent tells that node to erase it.
///
///   stazh jobs reveal kg handed-over/jobs/0d8e….json candidate.json --consent 7c1a… --fields name,contacts
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RevealCommand {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The interest, as JSON, or as it was handed over.
    interest: PathBuf,
    /// The candidate, as JSON.
    candidate: PathBuf,
    /// The consent to it.
    #[arg(long)]
    consent: Uuid,
    /// What is shown: each field that the person chose.
    #[arg(long, value_delimiter = ',', required = true)]
    fields: Vec<Field>,
    /// For how many days; never longer than the consent.
    #[arg(long, default_value_t = 180)]
    days: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Field {
    Name,
    Contacts,
    Summary,
    ExperienceHistory,
}

impl RevealCommand {
    pub(super) fn run(self) -> Result<Exit> {
        let candidate: Candidate = local::read_json(&self.candidate, "candidate")?;
        let whole: Value = local::read_json(&self.interest, "interest")?;
        let inner = whole.get("record").cloned().unwrap_or(whole);
        let place = self.interest.display();
        let read = from_json::<JobDocument>(inner.to_string().as_bytes());
        let interest: Box<Interest> = match read {
            Ok(JobDocument::Interest(interest)) => interest,
            Ok(other) => return Err(anyhow!("find an interest in {place}: it holds {other:?}")),
            Err(fault) => return Err(anyhow!("understand the interest in {place}: {fault}")),
        };
        let has = |field| self.fields.contains(&field);
        let revealed = Revealed {
            name: has(Field::Name).then(|| candidate.person.name.clone()),
            contacts: if has(Field::Contacts) { candidate.contacts.clone() } else { Vec::new() },
            summary: candidate.summary.clone().filter(|_| has(Field::Summary)),
            history: if has(Field::ExperienceHistory) { candidate.history.clone() } else { Vec::new() },
        };
        let shown = revealed.fields().join(", ");
        let new = NewReveal { consent: self.consent, revealed, days: self.days };
        noted::with_flows_noted(&self.node, ("jobs-consent", "reveal:new"), async |ctx| {
            let (id, composed) = reveal(&candidate, &interest, new, ctx).await?;
            if self.json {
                let document = composed.document_id.as_uuid();
                show::json_line(&json!({ "reveal": id.0.to_string(), "document": document }));
            } else {
                let employer = interest.employer.name.as_ref().map_or("the employer", |name| name.as_str());
                let state = interest.vacancy.state;
                show::line(&format!(
                    "{shown} are on the way to {employer} in {state}, and to nobody else; {id}"
                ));
            }
            Ok(Exit::Done)
        })
    }
}
