//! The settings that name a database of the national system, and the table into which records go.

use super::{StartError, password};
use crate::exchange::adapter::Place;
use crate::store::{NationalPlan, NationalTable, TablePlan};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A PostgreSQL database that is not the node's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSettings {
    /// `postgresql://user@host/database`, without a password.
    pub url: String,
    /// A file that holds the password, if one is asked for.
    pub password_file: Option<PathBuf>,
    /// The authorities of its certificate; without, only a server on this machine is spoken to.
    pub authorities: Option<PathBuf>,
    /// How long a statement may take.
    #[serde(default = "half_a_minute")]
    pub statement_timeout_ms: u64,
    /// `schema.table`.
    pub table: String,
    /// What goes into each column: a place of what is told of a record.
    pub columns: BTreeMap<String, String>,
}

impl TableSettings {
    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self) -> Option<String> {
        if let Some(reason) = url_misfit(&self.url, "[hand_over.sql]") {
            return Some(reason);
        }
        let parts = self.table.split('.');
        if parts.clone().any(str::is_empty) || parts.count() > 2 {
            return Some("the table of [hand_over.sql] is not schema.table".to_owned());
        }
        for (column, place) in &self.columns {
            let parsed = place.parse::<Place>();
            let parsed = match parsed {
                Ok(parsed) => parsed,
                Err(error) => return Some(format!("column {column} of [hand_over.sql.columns]: {error}")),
            };
            if !TOLD.contains(&parsed.head()) {
                let all = TOLD.join(", ");
                return Some(format!(
                    "column {column} of [hand_over.sql.columns]: a place begins with one of {all}"
                ));
            }
        }
        if self.columns.values().filter(|place| *place == KEY).count() != 1 {
            return Some("not one column of [hand_over.sql.columns] is filled with document_id".to_owned());
        }
        (self.statement_timeout_ms == 0)
            .then(|| "statement_timeout_ms of [hand_over.sql] is 0; write 1 or more".to_owned())
    }

    /// The same with paths that are relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: PathBuf| folder.join(file);
        Self { password_file: self.password_file.map(at), authorities: self.authorities.map(at), ..self }
    }

    /// The way to the table; nothing is asked yet.
    ///
    /// # Errors
    /// The password cannot be read, or nobody would vouch for the server.
    pub(super) fn open(&self) -> Result<Columns, StartError> {
        let server = NationalPlan {
            url: self.url.clone(),
            password: password(self.password_file.as_deref())?,
            authorities: self.authorities.clone(),
            statement_timeout_ms: self.statement_timeout_ms,
        };
        let key = self.columns.iter().find(|(_, place)| *place == KEY).map(|(column, _)| column.clone());
        let plan = TablePlan {
            table: self.table.clone(),
            columns: self.columns.keys().cloned().collect(),
            key: key.unwrap_or_default(),
        };
        let places = self.columns.values().filter_map(|place| place.parse().ok()).collect();
        Ok(Columns { table: NationalTable::new(&server, plan)?, places })
    }
}

/// A table and what goes into its columns, in their order.
pub(super) struct Columns {
    pub(super) table: NationalTable,
    places: Vec<Place>,
}

impl Columns {
    /// The values of a record for the columns.
    pub(super) fn values(&self, told: &Value) -> Vec<Option<String>> {
        self.places.iter().map(|place| place.read(told)).collect()
    }
}

/// What does not fit about the address of a server that is not the node's, if anything.
pub(super) fn url_misfit(url: &str, of: &str) -> Option<String> {
    let rest = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://"));
    let Some(rest) = rest else {
        return Some(format!("the url of {of} is not postgresql://user@host/database"));
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let has_password = authority.rsplit_once('@').is_some_and(|(user, _host)| user.contains(':'));
    if has_password || rest.contains("password=") {
        return Some(format!("the url of {of} holds a password; name a password_file"));
    }
    rest.contains("sslmode=").then(|| format!("the url of {of} has sslmode; name authorities instead"))
}

pub(super) fn half_a_minute() -> u64 {
    30_000
}

/// What is told of a record, as places begin.
const TOLD: [&str; 8] =
    [KEY, "conversation_id", "sender", "message", "digest", "purpose", "legal_basis", "record"];
const KEY: &str = "document_id";

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(table: &str, columns: &str) -> TableSettings {
        toml::from_str(&format!(
            "url = \"postgresql://stazh@localhost/pensions\"\ntable = \"{table}\"\n[columns]\n{columns}"
        ))
        .unwrap()
    }

    #[test]
    fn a_table_and_its_columns_are_checked_before_anything_is_asked() {
        let id = "id = \"document_id\"\n";
        let misfit = |table: &str, columns: &str| settings(table, columns).misfit().unwrap_or_default();
        assert_eq!(
            misfit("s.t", &format!("{id}body = \"record\"\niin = \"record.person.x[kind=iin].value\"")),
            ""
        );
        assert!(misfit("a.b.c", id).contains("not schema.table"));
        assert!(misfit("a.", id).contains("not schema.table"));
        assert!(misfit("t", "body = \"record\"").contains("not one column"));
        assert!(misfit("t", &format!("{id}also = \"document_id\"")).contains("not one column"));
        assert!(misfit("t", &format!("{id}x = \"person.name\"")).contains("begins with one of document_id"));
        assert!(misfit("t", &format!("{id}x = \"record[\"")).contains("write a place"));
    }

    #[test]
    fn an_address_holds_no_password_and_no_weaker_line() {
        for (url, why) in [
            ("postgresql://a:secret@db/x", "name a password_file"),
            ("postgresql://db/x?password=secret", "name a password_file"),
            ("mysql://db/x", "is not postgresql://"),
            ("postgresql://db/x?sslmode=disable", "name authorities instead"),
        ] {
            let told = url_misfit(url, "[x]").unwrap();
            assert!(told.contains(why) && !told.contains("secret"), "{told}");
        }
        assert_eq!(url_misfit("postgresql://a@db/x?host=/run", "[x]"), None);
    }

    #[tokio::test]
    async fn a_server_on_another_machine_must_show_a_certificate_of_a_named_authority() {
        let mut far = settings("t", "id = \"document_id\"");
        far.url = "postgresql://a@db.example/x".to_owned();
        let told = crate::base::with_causes(&far.open().map(drop).unwrap_err());
        assert!(told.contains("no authorities are named"), "{told}");
        far.authorities = Some("a.pem".into());
        assert!(far.open().is_ok());
    }
}
