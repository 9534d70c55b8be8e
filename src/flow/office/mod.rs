//! What a clerk's day is made of: the board of cases, one case, and the workbench of a worker's periods.
//!
//! Pages and the interface for programs show the same models. Who reads one must show the permit for it.

mod board;
mod cases;
pub(in crate::flow) mod kept;
mod names;
mod print;
mod records;
mod send;
mod workbench;

pub use board::{
    Board, BoardCase, BoardCounts, BoardFilter, BoardNext, Turn, case_board, renew_board, renew_whole_board,
};
pub use cases::{CaseView, DocumentView, Next, PageView, PersonView, RecordView, Sending, Wait, case_file};
pub use names::{condition_says, decision_says, document_says, number_says, pension_says, period_says};
pub use print::print_document;
pub use records::{Gathered, Linked, gather_records, link_record, unlink_record};
pub use send::{AskedToSend, Decided, DraftView, ToSend, ask_to_send, begun_draft, decide_to_send, draft_of};
pub use workbench::{LocalRecord, Reckoning, StepView, Totals, Workbench, WorkbenchOf, kinds_of, workbench};

use crate::access::Permit;

/// Whether a permit is for this: one of these commands, about the case of this number, or about a piece of it.
fn is_for(permit: &Permit, commands: &[&str], number: &str) -> bool {
    commands.contains(&permit.command()) && is_about(permit.object(), number)
}

/// A number may hold blanks, so the object is not cut at them.
fn is_about(object: &str, number: &str) -> bool {
    let told = object.strip_prefix("case:").unwrap_or(object);
    let piece = |rest: &str| ["document:", "draft:"].iter().any(|kind| rest.starts_with(kind));
    told.strip_prefix(number).is_some_and(|rest| rest.is_empty() || rest.strip_prefix(' ').is_some_and(piece))
}

#[cfg(test)]
mod tests {
    use super::is_about;

    #[test]
    fn a_number_with_blanks_is_one_number() {
        for object in ["KG 2028 7", "case:KG 2028 7", "case:KG 2028 7 document:x", "case:KG 2028 7 draft:x"] {
            assert!(is_about(object, "KG 2028 7"), "{object}");
        }
        for object in ["case:KG 2028 70", "case:KG 2028 7 8", "case:KG", "document:KG 2028 7", ""] {
            assert!(!is_about(object, "KG 2028 7"), "{object}");
        }
    }
}
