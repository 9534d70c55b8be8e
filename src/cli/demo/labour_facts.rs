//! What the act of labour claims, looked up in what the commands print and in the files of the nodes.

use crate::cli::show;
use crate::exchange::canonical::job::{JobDocument, ProfileRef};
use crate::labour::{Channel, MobilityCase};
use anyhow::{Context, Result, bail};
use comfy_table::presets;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What came of it.
#[derive(Default)]
pub(super) struct Told {
    /// What he found.
    pub(super) found: Found,
    /// How many profiles of others waited for a fifth.
    pub(super) waited: usize,
    /// How many peers have his profile.
    pub(super) profiles: usize,
    /// How many files of both peers told who he is before he showed himself.
    pub(super) leaks_before: usize,
    /// How many of the peer did to whom he did not.
    pub(super) leaks_after: usize,
    pub(super) revealed_to_kz: bool,
    pub(super) is_offered: bool,
    pub(super) is_reveal_ended: bool,
    /// How many insurance records the pension sides have, both together.
    pub(super) records: usize,
    /// How many links of his case are of the consent channel, and how many an institution gets by the Agreement.
    pub(super) links: (usize, usize),
    /// How many peers confirmed that his profile is erased, by a receipt that is signed.
    pub(super) receipts: usize,
    /// How many tombstones the peers have.
    pub(super) tombstones: u64,
    /// How many still have his profile.
    pub(super) left_over: usize,
    pub(super) elapsed_ms: i128,
}

/// What a search found.
#[derive(Default)]
pub(super) struct Found {
    /// How many in each state.
    states: BTreeMap<String, usize>,
    /// Whether it is told that Kazakhstan takes no welder without its certificate.
    is_warned: bool,
    /// Whether the parts of each score add up to it.
    is_explained: bool,
}

impl Told {
    /// Whether all of it held.
    pub(super) fn is_whole(&self) -> bool {
        let found = |state| self.found.states.get(state).is_some_and(|count| *count > 0);
        let is_found = found("RU") && found("KZ") && self.found.is_warned && self.found.is_explained;
        let is_hidden = (self.profiles, self.leaks_before, self.leaks_after) == (2, 0, 0);
        let is_hired = self.revealed_to_kz && self.is_offered && self.records == 2 && self.links == (3, 2);
        let is_erased = (self.receipts, self.tombstones, self.left_over) == (2, 2, 0) && self.is_reveal_ended;
        is_found && self.waited == 8 && is_hidden && is_hired && is_erased
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "found": self.found.states,
            "certificate_warned": self.found.is_warned,
            "scores_explained": self.found.is_explained,
            "profiles_waited": self.waited,
            "profiles_at_peers": self.profiles,
            "files_with_name_before_reveal": self.leaks_before,
            "files_with_name_where_not_revealed": self.leaks_after,
            "revealed_to_employer": self.revealed_to_kz,
            "offered": self.is_offered,
            "reveal_ended": self.is_reveal_ended,
            "insurance_records": self.records,
            "links_by_consent": self.links.0,
            "links_by_treaty": self.links.1,
            "erasures_proven": self.receipts,
            "tombstones": self.tombstones,
            "profiles_left": self.left_over,
            "elapsed_ms": i64::try_from(self.elapsed_ms).unwrap_or(i64::MAX),
        })
    }

    pub(super) fn as_text(&self) -> String {
        let counts = self.found.states.iter().map(|(state, count)| format!("{count} in {state}"));
        format!(
            "\nfound {}; named in {} files before he showed himself; {} insurance records; {} of 2 erasures proven, {} profiles left, in {}.{} s",
            counts.collect::<Vec<_>>().join(", "),
            self.leaks_before,
            self.records,
            self.receipts,
            self.left_over,
            self.elapsed_ms / 1000,
            self.elapsed_ms % 1000 / 100
        )
    }
}

/// How many links are of the consent channel, and how many of the treaty's.
pub(super) fn channels(case: &MobilityCase) -> (usize, usize) {
    let consent = case.links().iter().filter(|link| link.channel() == Channel::Consent).count();
    (consent, case.for_institution().count())
}

/// What stands on a page of a search.
pub(super) fn found(told: &Value) -> Found {
    let mut found = Found { is_explained: true, ..Found::default() };
    for one in told.get("page").and_then(Value::as_array).into_iter().flatten() {
        let state = one.pointer("/vacancy/reference/state").and_then(Value::as_str).unwrap_or_default();
        *found.states.entry(state.to_owned()).or_default() += 1;
        let points = |value: &Value| value.get("points").and_then(Value::as_i64);
        let parts = one.pointer("/score/parts").and_then(Value::as_array);
        let sum: Option<i64> = parts.and_then(|parts| parts.iter().map(points).sum());
        found.is_explained &= sum.is_some() && sum == one.get("score").and_then(points);
        let warnings = one.pointer("/score/warnings").map(Value::to_string).unwrap_or_default();
        found.is_warned |= state == "KZ" && warnings.contains("mandatory");
    }
    found
}

/// How the person of consents is called at a peer.
pub(super) fn reference(shown: &Value, peer: &str) -> Option<String> {
    let target = targets(shown).find(|target| target.get("peer").is_some_and(|name| name == peer))?;
    target.get("ref").and_then(Value::as_str).map(str::to_owned)
}

/// How many peers have confirmed an erasure, by a signature of theirs that was judged good.
pub(super) fn receipts(shown: &Value) -> usize {
    let is_proven = |target: &&Value| {
        let signer = target.get("signer").and_then(Value::as_str).unwrap_or_default();
        target.get("confirmed_at").is_some_and(Value::is_string)
            && signer.ends_with("and the key of its seals")
    };
    targets(shown).filter(is_proven).count()
}

fn targets(shown: &Value) -> impl Iterator<Item = &Value> {
    let all = shown.as_array().map_or(std::slice::from_ref(shown), Vec::as_slice);
    all.iter().flat_map(|consent| consent.get("targets").and_then(Value::as_array).into_iter().flatten())
}

/// The profile of that reference among those that a node prints.
pub(super) fn profile(printed: &str, reference: &str) -> Option<Value> {
    let is_it = |profile: &Value| {
        let read = profile.get("reference").and_then(Value::as_str).and_then(|text| text.parse().ok());
        read.is_some_and(|read: ProfileRef| read.to_string() == reference)
    };
    printed.lines().filter_map(|line| serde_json::from_str(line).ok()).find(is_it)
}

/// A reference as documents hold it.
pub(super) fn bare(reference: &str) -> Result<String> {
    let hex = reference.strip_prefix("prf_").context("read the reference of a profile")?;
    Ok(hex.parse::<uuid::Uuid>().context("read the reference of a profile")?.to_string())
}

/// How many records of a node's mirror are of a peer and a kind and stand so.
pub(super) fn count(counts: &Value, (peer, kind, state): (&str, &str, &str)) -> u64 {
    let rows = counts.get("mirror").and_then(Value::as_array).into_iter().flatten();
    let is_it = |row: &&Value| {
        [("peer", peer), ("kind", kind), ("state", state)]
            .iter()
            .all(|(key, value)| row.get(*key).is_some_and(|is| is == value))
    };
    rows.filter(is_it).filter_map(|row| row.get("count").and_then(Value::as_u64)).sum()
}

/// The file of a document that was handed over.
pub(super) fn handed(folder: &Path, document: &str) -> Result<Option<String>> {
    if !folder.exists() {
        return Ok(None);
    }
    for file in std::fs::read_dir(folder).with_context(|| format!("look into {}", folder.display()))? {
        let path = file?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let came: Value = crate::cli::local::read_json(&path, "document that came")?;
        if came.pointer("/record/document").is_some_and(|kind| kind == document) {
            return Ok(path.file_name().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    Ok(None)
}

/// The way of the welder, out of the documents that were handed over to both nodes.
pub(super) fn case(root: &Path) -> Result<MobilityCase> {
    let mut documents: Vec<JobDocument> = Vec::new();
    for folder in ["kg/handed-over/jobs", "kz/handed-over/jobs"].map(|folder| root.join(folder)) {
        for file in std::fs::read_dir(&folder).with_context(|| format!("look into {}", folder.display()))? {
            let path = file?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let came: Value = crate::cli::local::read_json(&path, "document that came")?;
                let record = came.get("record").cloned().unwrap_or_default();
                documents.push(serde_json::from_value(record).context("read what came")?);
            }
        }
    }
    documents.sort_by_key(JobDocument::kind);
    let mut case = MobilityCase::default();
    documents.iter().for_each(|document| case.take(document));
    Ok(case)
}

/// Its links, each with what it came from and why.
pub(super) fn links(case: &MobilityCase) -> String {
    let mut table = show::table(presets::UTF8_FULL_CONDENSED);
    table.set_header(["link", "from", "channel", "by"]);
    for link in case.links() {
        let (channel, source) = (link.channel().as_str().to_owned(), link.source.to_string());
        table.add_row([link.told(), source, channel, link.basis().to_owned()]);
    }
    table.to_string()
}

/// Words of which each tells who the welder is.
pub(super) fn known() -> Result<Vec<String>> {
    let welder: Value = serde_json::from_str(WELDER).context("read the welder")?;
    let all = [
        "/person/name/family",
        "/person/birth_date",
        "/person/identifiers/0/value",
        "/contacts/0/value",
        "/contacts/1/value",
    ];
    let word = |place: &&str| welder.pointer(place).and_then(Value::as_str).map(str::to_owned);
    let known: Vec<String> = all.iter().filter_map(word).collect();
    if known.len() != all.len() {
        bail!("find what tells who the welder is");
    }
    Ok(known)
}

/// How many files below a folder hold one of some words, byte for byte: databases, logs, whatever was handed over.
pub(super) fn files_with(folder: &Path, words: &[String]) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("look into {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            count += files_with(&path, words)?;
            continue;
        }
        let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let holds = |word: &String| memchr::memmem::find(&bytes, word.as_bytes()).is_some();
        count += usize::from(words.iter().any(holds));
    }
    Ok(count)
}

/// An object, one field a line.
pub(super) fn lines(object: &Value) -> String {
    let field = |(key, value): (&String, &Value)| format!("  {key}: {value}");
    object.as_object().into_iter().flatten().map(field).collect::<Vec<_>>().join("\n")
}

pub(super) const WELDER: &str = include_str!("../../../fixtures/demo/bakyt/welder.json");
