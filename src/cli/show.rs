//! The only place that prints.
#![expect(clippy::print_stderr, reason = "what a command prints is its product")]

use std::io::Write;

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
