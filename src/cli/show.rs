//! The only place that prints.
#![expect(clippy::print_stderr, reason = "what a command prints is its product")]

use comfy_table::{ContentArrangement, Table};
use std::io::Write;
use terminal_size::{Width, terminal_size_of};

/// A table no wider than the terminal; where there is none, as wide as what stands in it.
pub(super) fn table(preset: &str) -> Table {
    let mut table = Table::new();
    table.load_preset(preset).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some((Width(columns), _)) = terminal_size_of(std::io::stdout()) {
        table.set_width(columns);
    }
    table
}

/// A line of the product. A reader that hung up is no error.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}"); // see above
}

/// A JSON object of the product.
pub(super) fn json(value: &serde_json::Value) {
    line(&format!("{value:#}"));
}

/// One of many JSON objects, on a line of its own.
pub(super) fn json_line(value: &serde_json::Value) {
    line(&value.to_string());
}

/// A line beside the product: a finding, a remark.
pub(super) fn aside(text: &str) {
    eprintln!("{text}");
}

/// What went wrong, with every cause.
pub(super) fn error(error: &anyhow::Error) {
    eprintln!("stazh: failed to {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}
