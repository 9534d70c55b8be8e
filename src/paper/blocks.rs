//! A document as what stands on its form: headings, fields and tables, in the order of its elements.
//!
//! Nothing of the document is left out. A group that repeats becomes a table; what of it does not fit into columns stands
//! under its row.

use super::labels::LABELS;
use super::value::{Telling, is_file};
use crate::exchange::document::Element;
use std::collections::HashSet;

/// One thing of the form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The heading of a group, so deep.
    Heading { depth: u16, text: String },
    /// A label and a value.
    Field { depth: u16, label: String, value: String },
    /// A group that repeats.
    Table { depth: u16, head: Vec<String>, rows: Vec<Row> },
}

/// A row of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// What stands under it, over the width of the table.
    pub(super) notes: Vec<String>,
}

/// All of a group, from its children on.
pub(super) fn blocks_of(group: &Element, telling: Telling<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    below(group, 0, telling, &mut blocks);
    blocks
}

fn below(group: &Element, depth: u16, telling: Telling<'_>, blocks: &mut Vec<Block>) {
    if let Some((label, value)) = telling.language_of(group) {
        blocks.push(Block::Field { depth, label, value });
    }
    let is_same = |a: &Element, b: &Element| a.is(&b.namespace, &b.local);
    for run in group.children.chunk_by(is_same) {
        let Some(first) = run.first() else { continue };
        let label = telling.label(&first.local);
        let is_table = run.len() > 1 && run.iter().any(|one| !is_leaf(one));
        if is_table {
            blocks.push(Block::Heading { depth, text: label.to_owned() });
            blocks.push(table(run, depth, telling));
            continue;
        }
        for one in run {
            if is_leaf(one) {
                let value = telling.value(one);
                blocks.push(Block::Field { depth, label: label.to_owned(), value });
            } else {
                blocks.push(Block::Heading { depth, text: label.to_owned() });
                below(one, depth + 1, telling, blocks);
            }
        }
    }
    if !group.token().is_empty() && !group.children.is_empty() {
        // no structure of ours mixes text and elements; if one does, nothing is lost
        blocks.push(Block::Field { depth, label: String::new(), value: group.token() });
    }
}

fn table(run: &[Element], depth: u16, telling: Telling<'_>) -> Block {
    let columns = columns(run);
    let head = std::iter::once(LABELS.words.number.of(telling.language))
        .chain(columns.iter().map(|local| telling.label(local)))
        .map(str::to_owned)
        .collect();
    let rows = run.iter().zip(1_usize..).map(|(one, number)| {
        let cell = |local: &&str| {
            let found = one.children.iter().find(|child| child.local == **local);
            found.map(|child| telling.value(child)).unwrap_or_default()
        };
        let cells = std::iter::once(number.to_string()).chain(columns.iter().map(cell)).collect();
        let language = telling.language_of(one).map(|(label, value)| format!("{label}: {value}"));
        let others = one.children.iter().filter(|child| !columns.contains(&child.local.as_ref()));
        let own = Some(one.token()).filter(|text| !text.is_empty());
        let notes = language.into_iter().chain(others.map(|child| note(child, telling))).chain(own).collect();
        Row { cells, notes }
    });
    Block::Table { depth, head, rows: rows.collect() }
}

/// Which elements become columns: simple ones that stand once in a row, in the order in which they come.
fn columns<'e>(run: &'e [Element<'e>]) -> Vec<&'e str> {
    let mut seen: Vec<&str> = Vec::new();
    let mut unfit: HashSet<&str> = HashSet::new();
    for one in run {
        let mut here = HashSet::new();
        for child in &one.children {
            let local = child.local.as_ref();
            let is_entry = local.ends_with("RecordId");
            if !here.insert(local) || !is_leaf(child) || is_file(child) || is_entry {
                unfit.insert(local);
            }
            if !seen.contains(&local) {
                seen.push(local);
            }
        }
    }
    seen.retain(|local| !unfit.contains(local));
    seen.truncate(COLUMNS_MAX);
    seen
}

/// A group in one sentence: `Employer: Name: …; Registration number: …`.
fn note(element: &Element, telling: Telling<'_>) -> String {
    let label = telling.label(&element.local);
    if is_leaf(element) {
        return format!("{label}: {}", telling.value(element));
    }
    let language = telling.language_of(element).map(|(label, value)| format!("{label}: {value}"));
    let own = Some(element.token()).filter(|text| !text.is_empty());
    let inner = element.children.iter().map(|child| match is_leaf(child) {
        true => note(child, telling),
        false => format!("[{}]", note(child, telling)),
    });
    let all: Vec<String> = language.into_iter().chain(inner).chain(own).collect();
    format!("{label}: {}", all.join("; "))
}

fn is_leaf(element: &Element) -> bool {
    element.children.is_empty() || is_file(element)
}

const COLUMNS_MAX: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Language, Limits};
    use crate::exchange::rules::CodeLists;

    fn blocks(xml: &str) -> Vec<Block> {
        let lists = CodeLists::built_in().unwrap();
        let root = Element::parse(xml.as_bytes(), &Limits::default()).unwrap();
        blocks_of(&root, Telling { lists: &lists, language: Language::En })
    }

    #[test]
    fn a_group_that_repeats_is_a_table_and_one_alone_a_section() {
        let person = "<PersonDetails><LastName>Ким</LastName></PersonDetails>";
        let period = |from: &str| {
            format!(
                "<InsurancePeriodDetails><RecordId>r</RecordId><StartDate>{from}</StartDate>\
                 <EmployerDetails><BusinessEntityName>АО</BusinessEntityName></EmployerDetails></InsurancePeriodDetails>"
            )
        };
        let (one, two) = (period("2009-06-01"), period("2010-06-01"));
        let found = blocks(&format!("<r>{person}{one}{two}</r>"));
        let row = |number: &str, from: &str| Row {
            cells: vec![number.into(), from.into()],
            notes: vec!["Entry: r".into(), "Employer: Name: АО".into()],
        };
        let expected = [
            Block::Heading { depth: 0, text: "Person".into() },
            Block::Field { depth: 1, label: "Family name".into(), value: "Ким".into() },
            Block::Heading { depth: 0, text: "Insurance periods".into() },
            Block::Table {
                depth: 0,
                head: vec!["No.".into(), "From".into()],
                rows: vec![row("1", "01.06.2009"), row("2", "01.06.2010")],
            },
        ];
        assert_eq!(found, expected);
    }
}
