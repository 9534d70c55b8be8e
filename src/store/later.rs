//! What a transaction on a server inserts and nobody asks about, until it goes with a statement that is waited for:
//! each call is a journey to the server and back.
//!
//! All of them are one statement then, whose parts do not see each other's work and have no order, but that entries of the
//! journal keep theirs. So only rows that are inserted are put
//! off, and never beside a statement that names their table.

use super::JournalDraft;
use super::journal;
use super::statement::{Statement, Value};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::fmt::Write;

/// What was put off.
#[derive(Debug, Default)]
pub(super) struct Later {
    inserts: Vec<(&'static str, Statement)>,
    said: Vec<JournalDraft>,
    last: Option<Statement>,
}

impl Later {
    /// Puts off a statement that inserts into a table.
    pub(super) fn put(&mut self, table: &'static str, statement: Statement) {
        self.inserts.push((table, statement));
    }

    /// Puts off an entry of the journal; those of a transaction keep their order.
    pub(super) fn say(&mut self, entry: JournalDraft) {
        self.said.push(entry);
    }

    /// Puts off a statement that has parts of its own, so that it must be the last.
    pub(super) fn put_last(&mut self, statement: Statement) {
        self.last = Some(statement);
    }

    /// Whether a statement may not go with what was put off.
    pub(super) fn bars(&self, statement: &Statement) -> bool {
        let text = statement.text.as_str();
        let is_named = |table: &str| text.contains(table);
        let head = text.trim_start();
        let can_lead = ["UPDATE", "INSERT", "DELETE"].iter().any(|verb| head.starts_with(verb));
        !can_lead
            || self.last.is_some()
            || self.inserts.iter().any(|(table, _)| is_named(table))
            || (!self.said.is_empty() && is_named(journal::TABLE))
    }

    /// All of it in one statement, and at its end the one that is waited for, if there is one.
    pub(super) fn with(self, last: Option<Statement>) -> Option<(String, Vec<Value>)> {
        let mut statements: Vec<Statement> =
            self.inserts.into_iter().map(|(_, statement)| statement).collect();
        if !self.said.is_empty() {
            statements.push(journal::together(&self.said));
        }
        statements.extend(self.last);
        statements.extend(last);
        let last = statements.pop()?;
        let (mut text, mut values) = (String::new(), Vec::new());
        for (number, statement) in statements.into_iter().enumerate() {
            text.push_str(if number == 0 { "WITH " } else { ", " });
            let _ = write!(text, "later{number} AS ("); // a string takes it all
            add(&mut text, &mut values, statement);
            text.push(')');
        }
        let own_parts = last.text.as_str().trim_start().strip_prefix("WITH ").filter(|_| !text.is_empty());
        text.push_str(if text.is_empty() {
            ""
        } else if own_parts.is_some() {
            ", "
        } else {
            " "
        });
        let last = match own_parts {
            Some(rest) => Statement { text: AssertSqlSafe(rest).into_sql_str(), values: last.values },
            None => last,
        };
        add(&mut text, &mut values, last);
        Some((text, values))
    }
}

/// Writes a statement behind others; its values are numbered behind theirs.
fn add(text: &mut String, values: &mut Vec<Value>, statement: Statement) {
    let mut parts = statement.text.as_str().split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let number: usize = number.parse().unwrap_or_default();
        let _ = write!(text, "${}{rest}", number + values.len()); // as above
    }
    values.extend(statement.values);
}

#[cfg(test)]
mod tests {
    use super::super::statement::query;
    use super::*;
    use jiff::Timestamp;

    const INSERT: &str = "INSERT INTO t (a, b, c) VALUES ($1, $2, $1)";

    fn later() -> Later {
        let mut later = Later::default();
        for n in 1..=2_i64 {
            later.put("t", query(INSERT).bind(n).bind("b"));
        }
        later
    }

    #[test]
    fn the_values_of_statements_that_go_together_are_numbered_in_one_row() {
        let set = query("UPDATE u SET a = $1");
        let (text, values) = later().with(Some(set.bind(1_i64))).unwrap();
        let second = "INSERT INTO t (a, b, c) VALUES ($3, $4, $3)";
        assert_eq!(text, format!("WITH later0 AS ({INSERT}), later1 AS ({second}) UPDATE u SET a = $5"));
        assert_eq!(values.len(), 5);
        let (text, values) = later().with(None).unwrap();
        assert_eq!(text, format!("WITH later0 AS ({INSERT}) {second}"));
        assert_eq!(values.len(), 4);
        assert!(Later::default().with(None).is_none());
        let mut later = later();
        later.put_last(query("WITH x AS (SELECT $1) INSERT INTO u SELECT * FROM x").bind("c"));
        assert!(later.bars(&query("UPDATE u SET a = 1")), "it would not be the last");
        let (text, values) = later.with(None).unwrap();
        let last = "x AS (SELECT $5) INSERT INTO u SELECT * FROM x";
        assert_eq!(text, format!("WITH later0 AS ({INSERT}), later1 AS ({second}), {last}"));
        assert_eq!(values.len(), 5);
    }

    #[test]
    fn what_names_a_table_that_waits_does_not_go_with_it() {
        assert!(later().bars(&query("UPDATE t SET a = 1")));
        assert!(later().bars(&query("SELECT 1")), "it cannot stand behind others");
        assert!(!later().bars(&query("\n UPDATE u SET a = 1")));
        let mut later = Later::default();
        later.say(JournalDraft::at(Timestamp::UNIX_EPOCH, "held", "x"));
        assert!(later.bars(&query("DELETE FROM journal_unlinked")));
        assert!(!later.bars(&query("DELETE FROM u")));
    }
}
