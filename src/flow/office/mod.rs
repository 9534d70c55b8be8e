//! What a clerk's day is made of: the board of cases, one case, and the workbench of a worker's periods.
//!
//! Pages and the interface for programs show the same models. Who reads one must show the permit for it.

mod board;
mod cases;
mod kept;
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

/// Whether a permit is for this: one of these commands, about this number.
fn is_for(permit: &Permit, commands: &[&str], number: &str) -> bool {
    let names_it = |part: &str| part.split_once(':').map_or(part, |(_, value)| value) == number;
    commands.contains(&permit.command()) && permit.object().split(' ').any(names_it)
}
