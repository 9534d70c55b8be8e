//! What the readers of forms give, one after the other: rows, and stretches of a file that are none.

use super::value::Row;
use crate::base::Finding;
use std::ops::ControlFlow;

/// What is met in a file.
pub(super) enum Met<'r> {
    /// A row.
    Row(Row<'r>),
    /// What stands where a row should, and cannot be read as one.
    Aside(Finding),
}

/// Takes what is met; it may have had enough.
pub(super) type Each<'e> = &'e mut dyn FnMut(Met<'_>) -> ControlFlow<()>;

/// A line or a value of more bytes than are read.
pub(super) fn too_long(file: &str, line: usize, limit: usize) -> Met<'static> {
    let message = "the row is longer than any can be; find out what wrote it, and correct it in the source";
    let rule = format!("at most {limit} bytes a row");
    Met::Aside(Finding::error("adapter.row_too_long", format!("{file}:{line}"), rule, "", message))
}

/// A row in another encoding than the rest of its file.
pub(super) fn not_encoded(file: &str, line: usize, encoding: &str) -> Met<'static> {
    let message = format!("the row is not {encoding}; write the file anew in one encoding");
    Met::Aside(Finding::error("adapter.row_encoding", format!("{file}:{line}"), encoding, "", message))
}

/// The header once more, as where files were joined. It is nobody's row.
pub(super) fn header_again(file: &str, line: usize) -> Met<'static> {
    let message = "the header stands here again; join files without it";
    Met::Aside(Finding::error(HEADER_AGAIN, format!("{file}:{line}"), "one header", "", message))
}

/// The code of a row that is nobody's.
pub(super) const HEADER_AGAIN: &str = "adapter.header_again";

/// Something that stands in the place of a row and cannot be one.
pub(super) fn no_row(file: &str, line: usize, rule: &str, message: &str) -> Met<'static> {
    Met::Aside(Finding::error("adapter.row_form", format!("{file}:{line}"), rule, "", message))
}

/// The end of what can be read of a file.
pub(super) fn cut(file: &str, line: usize) -> Met<'static> {
    let message = "the file is cut or spoilt here, and what follows is not read; bring the whole file again";
    Met::Aside(Finding::error("adapter.cut", format!("{file}:{line}"), "a whole file", "", message))
}
