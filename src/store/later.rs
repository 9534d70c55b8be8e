//! Statements of an SQLite transaction that nobody waits for, until they are run together in one call.

use sqlx::encode::Encode;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{Arguments, Type};

/// What was put off.
#[derive(Debug, Default)]
pub(super) struct Later {
    text: String,
    values: SqliteArguments,
    /// How many values were bound before the statement that was put last.
    before: usize,
}

impl Later {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds a statement, whose values are bound next; they are numbered behind those of the ones before.
    pub(super) fn put(&mut self, text: &str) {
        self.before = self.values.len();
        if !self.text.is_empty() {
            self.text.push(';');
        }
        self.text.push_str(&renumbered(text, self.before));
    }

    /// Binds the next value of the last statement.
    pub(super) fn bind<'v>(
        &mut self,
        value: impl Encode<'v, Sqlite> + Type<Sqlite>,
    ) -> Result<(), sqlx::Error> {
        self.values.add(value).map_err(sqlx::Error::Encode)
    }

    /// All of it, and what comes behind it.
    pub(super) fn with(mut self, then: &str) -> (String, SqliteArguments) {
        self.text.push_str(then);
        (self.text, self.values)
    }
}

/// `$1` as `$4`, where three values come before.
fn renumbered(text: &str, before: usize) -> String {
    let mut parts = text.split('$');
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let number: usize = number.parse().unwrap_or_default();
        all.push_str(&format!("${}{rest}", number + before));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_statements_that_are_run_together_are_numbered_in_one_row() {
        let mut later = Later::default();
        assert!(later.is_empty());
        for n in 1..=2_i64 {
            later.put("INSERT INTO t (a, b, c) VALUES ($1, $2, $1)");
            later.bind(n).and_then(|()| later.bind("b")).unwrap();
        }
        let (text, values) = later.with("; RELEASE x");
        let first = "INSERT INTO t (a, b, c) VALUES ($1, $2, $1)";
        assert_eq!(text, format!("{first};INSERT INTO t (a, b, c) VALUES ($3, $4, $3); RELEASE x"));
        assert_eq!(values.len(), 4);
    }
}
