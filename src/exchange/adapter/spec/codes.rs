//! The codes of a profile: in a table of its own, or in a list beside it.

use super::OwnLists;
use super::Unfit;
use super::WrittenField;
use crate::exchange::adapter::convert::Convert;
use crate::exchange::adapter::convert::Unknown;
use crate::exchange::canonical::Coded;
use std::collections::BTreeMap;

/// The conversion of codes.
pub(super) fn codes(written: &WrittenField, lists: &OwnLists) -> Result<Convert, Unfit> {
    let (table, also) = listed(written, lists)?;
    let mut write = BTreeMap::new();
    for (local, code) in &table {
        if code.as_str().starts_with('?') {
            return Err(Unfit::new(
                "table",
                format!("write what {local} means, in place of {}", code.as_str()),
            ));
        }
        if write.insert(code.clone(), local.clone()).is_some() {
            let reason = format!("two local codes mean {}; which one is written?", code.as_str());
            return Err(Unfit::new("table", reason));
        }
    }
    if write.is_empty() {
        let reason = "empty; write { local = \"canonical\" }, or name a list of the folder codelists";
        return Err(Unfit::new("table", reason));
    }
    let unknown = match (&written.unknown_as, written.keep_unknown) {
        (Some(_), true) => {
            return Err(Unfit::new("unknown_as", "either this or keep_unknown; leave out one"));
        }
        (Some(code), false) => Unknown::As(code.clone()),
        (None, true) => Unknown::Keep,
        (None, false) => Unknown::Refuse,
    };
    let mut read = table.clone();
    for (local, code) in &also {
        if read.insert(local.clone(), code.clone()).is_some() {
            return Err(Unfit::new("also", format!("{local} stands in the table too; leave out one")));
        }
    }
    Ok(Convert::Codes { read, write, unknown })
}

/// The codes that are read and written, and those that are only read: of the profile itself or of a list beside it.
fn listed(written: &WrittenField, lists: &OwnLists) -> Result<(CodeTable, CodeTable), Unfit> {
    let (mut table, mut also) = (written.table.clone(), written.also.clone());
    let Some(name) = &written.list else { return Ok((table, also)) };
    let Some(list) = lists.list(name) else {
        let reason = format!("no list {name}.toml in the folder codelists beside that of the profiles");
        return Err(Unfit::new("list", reason));
    };
    for (local, code) in &list.codes {
        let to = if code.read_only { &mut also } else { &mut table };
        if to.insert(local.clone(), code.means.clone()).is_some() {
            return Err(Unfit::new("list", format!("{local} stands in the profile and in the list")));
        }
    }
    Ok((table, also))
}

/// Local codes and what they mean.
type CodeTable = BTreeMap<String, Coded>;
