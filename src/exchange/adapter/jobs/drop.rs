//! The generic drop: vacancies in our own form, as JSON Lines or as CSV with the same names, and the manifest beside them.
//!
//! It is the way of states whose portals have no interface for machines (BY, KG, AM).

use super::clean::{Cleaner, Texts, ToldPay, day, pay};
use super::fields::{Notes, text_of};
use super::vacancy::Taken;
use crate::base::{Digest256, Finding, Findings, from_json};
use crate::exchange::canonical::job::{
    Certificate, Contact, DrivingLicence, LanguageCode, LanguageSkill, Occupation, Offering, PayInterval,
    PayTax, Place, Remote, Schedule, Schooling, Skill, Vacancy, VacancyStatus,
};
use crate::exchange::canonical::{Coded, Employer, State};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a drop says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The system it comes from, such as `gsz`.
    pub source: Coded,
    /// Whose.
    pub state: State,
    /// When it was made.
    pub produced_at: Timestamp,
    /// How many entries it holds.
    pub count: u64,
    /// The SHA-256 of its file.
    pub sha256: Digest256,
    /// Of which version its entries are; we read [`SCHEMA_VERSION`].
    pub schema_version: String,
}

/// The version of the form of a vacancy that we read and write.
pub const SCHEMA_VERSION: &str = "1";

impl Manifest {
    /// Reads the manifest of a file.
    ///
    /// # Errors
    /// It is not one, or of a version that we do not read.
    pub fn read(text: &[u8], place: &str) -> Result<Self, Finding> {
        let refuse = |message: String| {
            let rule = "source, state, produced_at, count, sha256, schema_version";
            Finding::error(MANIFEST, place, rule, "", message)
        };
        let manifest: Self = from_json(text).map_err(|fault| refuse(fault.to_string()))?;
        if manifest.schema_version != SCHEMA_VERSION {
            let message =
                format!("entries of a version that we do not read; write them as version {SCHEMA_VERSION}");
            return Err(refuse(message));
        }
        Ok(manifest)
    }

    /// Where it disagrees with what came: whose it is, how many entries were met, what their file digests to.
    pub fn disagreements(&self, place: &str, (state, count, digest): (State, u64, Digest256)) -> Findings {
        let mut found = Vec::new();
        let mut say = |rule: &str, message: &str| {
            found.push(Finding::error(MANIFEST, place, rule, "", message));
        };
        if self.state != state {
            say("state", "the drop is of another state than it was brought for; nothing of it is taken");
        }
        if self.sha256 != digest {
            say("sha256", "the file is not the one that the manifest was made for; bring both anew");
        }
        if self.count != count {
            say("count", "the file holds another number of entries than the manifest says; bring both anew");
        }
        found
    }
}

impl Cleaner {
    /// Reads an entry of our own form that stands at a place, such as `gsz.jsonl:12`, of a state and its source.
    ///
    /// # Errors
    /// Why it is set aside: it is no vacancy, or one of another state or source.
    pub fn own(
        &self,
        entry: Value,
        (state, source): (State, &Coded),
        place: &str,
    ) -> Result<Taken<Vacancy>, Finding> {
        let mut notes = Notes::at(place);
        let Value::Object(flat) = entry else {
            return Err(notes.error(UNREADABLE, "entry", "a JSON object", "", "the entry is no object"));
        };
        let mut fields = unfolded(flat);
        let told = json!({ "state": state, "source": source });
        complete(&mut fields, &told);
        self.fit(&mut fields, &mut notes);
        let contacts = self.clean_texts(&mut fields, &mut notes);
        let written = Value::Object(fields).to_string();
        let read: Result<Vacancy, _> = from_json(written.as_bytes());
        let mut record =
            read.map_err(|fault| notes.error(UNREADABLE, "entry", "the form of a vacancy", "", &fault.what))?;
        if record.reference.state != state || &record.reference.source != source {
            let message = "the entry is of another state or source than its manifest says";
            return Err(notes.error(MANIFEST, "reference", "state and source of the manifest", "", message));
        }
        if record.closes_on.is_some_and(|last| last < self.today) {
            record.status = VacancyStatus::Closed;
        }
        for Contact { channel, value } in contacts {
            super::contacts::add(&mut record.contacts, channel, &value);
        }
        Ok(Taken { record, findings: notes.findings })
    }

    /// Takes out what is no value of its field, so that one wrong code does not cost the vacancy.
    fn fit(&self, fields: &mut Map<String, Value>, notes: &mut Notes) {
        one::<Offering>(fields, "offering", notes);
        one::<Schedule>(fields, "schedule", notes);
        one::<Remote>(fields, "remote", notes);
        one::<Schooling>(fields, "schooling", notes);
        one::<LanguageCode>(fields, "language", notes);
        one::<Employer>(fields, "employer", notes);
        one::<u16>(fields, "experience_months", notes);
        each::<Occupation>(fields, "occupations", notes);
        each::<Place>(fields, "places", notes);
        each::<LanguageSkill>(fields, "languages", notes);
        each::<DrivingLicence>(fields, "licences", notes);
        each::<Certificate>(fields, "certificates", notes);
        each::<Contact>(fields, "contacts", notes);
        for name in ["quotas", "benefits", "industries"] {
            each::<Coded>(fields, name, notes);
        }
        let closes_on = fields.get("closes_on").and_then(text_of).map(|text| (day(&text), text.into_owned()));
        match closes_on {
            Some((Some(day), _)) => drop(fields.insert("closes_on".to_owned(), json!(day))),
            Some((None, text)) => {
                notes.warn("adapter.job_date", "closes_on", "YYYY-MM-DD", &text, "not a day; it is left out");
                fields.remove("closes_on");
            }
            None => {}
        }
        if let Some(told) = fields.remove("pay")
            && let Some(pay) = self.own_pay(&told, notes)
        {
            fields.insert("pay".to_owned(), json!(pay));
        }
        let is_page = |page: &Value| page.as_str().is_some_and(|page| page.starts_with("https://"));
        if fields.get("page").is_some_and(|page| !is_page(page)) {
            notes.warn(
                "adapter.job_code",
                "page",
                "https://…",
                "",
                "not the address of a page; it is left out",
            );
            fields.remove("page");
        }
    }

    fn own_pay(&self, told: &Value, notes: &mut Notes) -> Option<crate::exchange::canonical::job::Pay> {
        let text = |name: &str| told.get(name).and_then(text_of);
        let (min, max, currency, interval) = (text("min"), text("max"), text("currency"), text("interval"));
        let Some(interval) = interval.as_deref().and_then(|word| word.parse::<PayInterval>().ok()) else {
            let message = "it does not say for which span of time the pay is; the pay is left out";
            notes.warn("adapter.job_pay", "pay", "hour day week month year once", "", message);
            return None;
        };
        let tax = text("tax").and_then(|word| word.parse::<PayTax>().ok());
        let told = ToldPay {
            min: min.as_deref(),
            max: max.as_deref(),
            currency: currency.as_deref(),
            interval,
            tax,
        };
        pay(&told, &self.words, notes)
    }

    /// Texts without mark-up and contacts; what is taken out of them.
    fn clean_texts(&self, fields: &mut Map<String, Value>, notes: &mut Notes) -> Vec<Contact> {
        let is_person = |one: &&Value| one.get("channel").and_then(Value::as_str) == Some("X-Person");
        let contacts =
            fields.get("contacts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let persons =
            contacts.iter().filter(is_person).filter_map(|one| one.get("value")?.as_str().map(str::to_owned));
        let mut texts = Texts { cleaner: self, persons: persons.collect(), contacts: Vec::new() };
        if let Some(text) = fields.get("title").and_then(text_of).map(|text| text.into_owned()) {
            let title = texts.title("title", &text, notes);
            fields.insert("title".to_owned(), json!(title.map(String::from).unwrap_or_default()));
        }
        if let Some(text) = fields.get("description").and_then(text_of).map(|text| text.into_owned()) {
            match texts.description("description", &[text], notes) {
                Some(text) => drop(fields.insert("description".to_owned(), json!(text))),
                None => drop(fields.remove("description")),
            }
        }
        if let Some(Value::Array(skills)) = fields.get_mut("skills") {
            for name in skills.iter_mut().filter_map(|skill| skill.get_mut("name")) {
                let told = name.as_str().map(str::to_owned);
                *name = json!(told.and_then(|told| texts.title("skills", &told, notes)));
            }
        }
        each::<Skill>(fields, "skills", notes);
        texts.contacts
    }
}

/// Fields whose names have dots (`pay.min`, `places.0.region`) become fields within fields; empty ones are absent; numbers
/// and yes or no that a table can only write as text become what they mean.
fn unfolded(flat: Map<String, Value>) -> Map<String, Value> {
    let mut whole = Value::Object(Map::new());
    for (name, value) in flat {
        let is_empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        if !is_empty {
            let value = typed(&name, value);
            put(&mut whole, &name, value);
        }
    }
    match whole {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn typed(name: &str, value: Value) -> Value {
    let Value::String(text) = value else { return value };
    let last = name.rsplit('.').next().unwrap_or(name);
    let meant = match last {
        "posts" | "experience_months" => text.trim().parse::<u32>().ok().map(Value::from),
        "is_of_agency" | "is_required" => match text.trim().to_lowercase().as_str() {
            "true" | "1" | "yes" | "да" => Some(Value::Bool(true)),
            "false" | "0" | "no" | "нет" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    };
    meant.unwrap_or(Value::String(text))
}

/// Puts a value where its name leads. A number leads to an entry of a list, and the entries stand in order.
fn put(whole: &mut Value, name: &str, value: Value) {
    let mut here = whole;
    for step in name.split('.').take(STEPS_MAX) {
        here = match step.parse::<usize>() {
            Ok(number) => {
                if !here.is_array() {
                    *here = Value::Array(Vec::new());
                }
                let Value::Array(all) = here else { return };
                if number >= all.len() {
                    all.push(Value::Null);
                }
                let last = all.len().saturating_sub(1);
                let Some(entry) = all.get_mut(number.min(last)) else { return };
                entry
            }
            Err(_a_name) => {
                if !here.is_object() {
                    *here = Value::Object(Map::new());
                }
                let Value::Object(fields) = here else { return };
                fields.entry(step.to_owned()).or_insert(Value::Null)
            }
        };
    }
    *here = value;
}

/// Puts state and source of the manifest where the entry leaves them out.
fn complete(fields: &mut Map<String, Value>, told: &Value) {
    let id = fields.remove("id");
    let reference = fields.entry("reference").or_insert_with(|| json!({}));
    if let Value::Object(reference) = reference {
        for (name, value) in told.as_object().into_iter().flatten() {
            reference.entry(name.clone()).or_insert_with(|| value.clone());
        }
        if let Some(id) = id.as_ref().and_then(text_of) {
            reference.entry("id").or_insert_with(|| json!(id));
        }
    }
    fields.entry("posts").or_insert(json!(1));
    fields.entry("status").or_insert(json!(VacancyStatus::Open));
}

/// Takes a value out that its field cannot have.
fn one<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str, notes: &mut Notes) {
    let is_unfit = fields.get(name).is_some_and(|value| serde_json::from_value::<T>(value.clone()).is_err());
    if is_unfit {
        let value = fields.remove(name);
        not_of_list(name, value.as_ref(), notes);
    }
}

/// Takes those entries of a list out that it cannot have; of one text with semicolons a list is made first.
fn each<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str, notes: &mut Notes) {
    let Some(value) = fields.remove(name) else { return };
    let all = match value {
        Value::Array(all) => all,
        Value::String(text) => text.split(';').map(|word| json!(word.trim())).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => vec![other],
    };
    let mut kept = Vec::with_capacity(all.len());
    for value in all {
        match serde_json::from_value::<T>(value.clone()).is_ok() {
            true => kept.push(value),
            false => not_of_list(name, Some(&value), notes),
        }
    }
    fields.insert(name.to_owned(), Value::Array(kept));
}

fn not_of_list(name: &str, value: Option<&Value>, notes: &mut Notes) {
    let text = value.and_then(text_of).unwrap_or_default();
    let message = "not a value that this field can have; it is left out";
    notes.warn("adapter.job_code", name, "the form of a vacancy", &text, message);
}

const MANIFEST: &str = "adapter.job_manifest";
const UNREADABLE: &str = "adapter.job_unreadable";
/// Fields lie no deeper in each other.
const STEPS_MAX: usize = 8;
