//! Rows of local files that are set aside, as commands show them.

use crate::base::{Finding, Language, explain};
use crate::store::LocalFile;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many there are, in one line.
pub(super) fn in_one_line(files: &[LocalFile]) -> String {
    let Some(read_at) = files.iter().map(|file| file.read_at).max() else {
        return "local files: none read yet".to_owned();
    };
    let taken: u64 = files.iter().map(|file| file.taken).sum();
    let aside: u64 = files.iter().map(|file| file.aside).sum();
    let refused = files.iter().filter(|file| file.refused.is_some()).count();
    let mut told = format!("local files, read at {read_at}: {taken} rows taken, {aside} set aside");
    if refused > 0 {
        told.push_str(&format!(", {refused} files refused"));
    }
    if aside > 0 || refused > 0 {
        told.push_str("; stazh status --aside shows why");
    }
    told
}

/// Each file of which something is set aside, each row with why, and what to do about each kind of mistake.
pub(super) fn as_text(files: &[LocalFile], aside: &[Finding]) -> String {
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| file.aside > 0) {
        lines.push(format!("{}: {} rows taken, {} set aside", file.name, file.taken, file.aside));
    }
    for finding in files.iter().filter_map(|file| file.refused.as_ref()) {
        lines.push(finding.to_string());
    }
    lines.extend(aside.iter().map(|finding| format!("  {finding}")));
    let told: u64 = files.iter().map(|file| file.aside).sum();
    let more = told.saturating_sub(u64::try_from(aside.len()).unwrap_or(u64::MAX));
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    let remedies: BTreeMap<&str, &str> = aside.iter().filter_map(remedy).collect();
    lines.extend(remedies.into_iter().map(|(code, remedy)| format!("{code}: {remedy}")));
    if lines.is_empty() { "no row is set aside".to_owned() } else { lines.join("\n") }
}

/// The same as JSON.
pub(super) fn as_json(files: &[LocalFile], aside: Option<&[Finding]>) -> Value {
    let file = |file: &LocalFile| {
        json!({
            "name": file.name, "taken": file.taken, "aside": file.aside, "read_at": file.read_at.to_string(),
            "refused": file.refused,
        })
    };
    let mut object = json!({ "files": files.iter().map(file).collect::<Vec<_>>() });
    if let (Some(aside), Some(map)) = (aside, object.as_object_mut()) {
        let row = |one: &Finding| json!({ "finding": one, "remedy": remedy(one).map(|(_, remedy)| remedy) });
        map.insert("set_aside".to_owned(), aside.iter().map(row).collect());
    }
    object
}

fn remedy(finding: &Finding) -> Option<(&str, &'static str)> {
    Some((finding.code.as_str(), explain(&finding.code)?.remedy.of(Language::En)))
}
