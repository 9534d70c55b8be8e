//! Queries of the settings about one person: a database of the local system is asked while an inquiry waits, and a profile
//! reads the columns.
//!
//! A database that is away lets the inquiry wait; it is never taken for one that knows nobody.

use super::national::{half_a_minute, url_misfit};
use super::{Settings, StartError, password};
use crate::base::with_causes;
use crate::exchange::adapter::{LIVE_NAMES, LiveAnswer, live_sets};
use crate::exchange::canonical::{Person, State};
use crate::flow::FlowError;
use crate::store::{LivePlan, LiveQuery, NationalError, NationalPlan};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// A query that is asked about one person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveSettings {
    /// `postgresql://user@host/database`, without a password, or `sqlite:` and a file.
    pub url: String,
    /// A file that holds the password, if one is asked for.
    pub password_file: Option<PathBuf>,
    /// The authorities of its certificate; without, only a server on this machine is spoken to.
    pub authorities: Option<PathBuf>,
    /// One SELECT with `$number` or `$family` and so on ([`LIVE_NAMES`]).
    pub query: String,
    /// The profile that reads its columns, without `.toml`.
    pub form: String,
    /// How long a statement may take; an answer may take twice as long.
    #[serde(default = "half_a_minute")]
    pub statement_timeout_ms: u64,
    /// Most rows about one person.
    #[serde(default = "ten_thousand")]
    pub rows_max: usize,
    /// Most bytes of them.
    #[serde(default = "sixteen_mib")]
    pub bytes_max: usize,
}

impl LiveSettings {
    /// The first thing that does not fit, if any.
    pub(super) fn misfit(&self, name: &str) -> Option<String> {
        let of = format!("[live.{name}]");
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(is_name) {
            return Some(format!("the name of {of} is not of small letters, digits and -"));
        }
        if !["$number", "$family"].iter().any(|whom| self.query.contains(whom)) {
            return Some(format!(
                "the query of {of} has neither $number nor $family; it would bring everybody each time"
            ));
        }
        if self.statement_timeout_ms == 0 || self.rows_max == 0 || self.bytes_max == 0 {
            return Some(format!(
                "statement_timeout_ms, rows_max or bytes_max of {of} is 0; write 1 or more"
            ));
        }
        match self.url.strip_prefix("sqlite:") {
            Some("") => Some(format!("the url of {of} names no file; write sqlite:FILE")),
            Some(_file) if self.password_file.is_some() || self.authorities.is_some() => {
                Some(format!("{of} is a file: it has neither password nor authorities"))
            }
            Some(_file) => None,
            None => url_misfit(&self.url, &of),
        }
    }

    /// The same with paths that are relative to a folder.
    pub(super) fn within(self, folder: &Path) -> Self {
        let at = |file: PathBuf| folder.join(file);
        let url = match self.url.strip_prefix("sqlite:") {
            Some(file) => format!("sqlite:{}", folder.join(file).display()),
            None => self.url,
        };
        Self { url, password_file: self.password_file.map(at), authorities: self.authorities.map(at), ..self }
    }
}

/// A query, ready to be asked.
pub(super) struct Live {
    source: String,
    form: String,
    query: LiveQuery,
}

impl Live {
    /// Every query of the settings. Call it within a runtime.
    ///
    /// # Errors
    /// A password cannot be read, nobody would vouch for a server, or a query names what cannot be asked.
    pub(super) fn all(settings: &Settings) -> Result<Vec<Self>, StartError> {
        let open = |(name, live): (&String, &LiveSettings)| {
            let server = NationalPlan {
                url: live.url.clone(),
                password: password(live.password_file.as_deref())?,
                authorities: live.authorities.clone(),
                statement_timeout_ms: live.statement_timeout_ms,
            };
            let plan = LivePlan {
                server,
                query: live.query.clone(),
                names: &LIVE_NAMES,
                rows_max: live.rows_max,
                bytes_max: live.bytes_max,
            };
            Ok(Self {
                source: format!("live.{name}"),
                form: live.form.clone(),
                query: LiveQuery::new(&plan)?,
            })
        };
        settings.live.iter().map(open).collect()
    }

    /// How findings name it, and which profile reads its columns.
    pub(super) fn form(&self) -> (&str, &str) {
        (&self.source, &self.form)
    }

    /// The columns that it gives; nobody is asked about.
    ///
    /// # Errors
    /// The database does not answer, or refuses the query.
    pub(super) async fn columns(&self) -> Result<Vec<String>, NationalError> {
        self.query.columns().await
    }

    /// Asks about a person and waits for the answer; for threads that may wait.
    ///
    /// # Errors
    /// There is no answer: the verdict says whether there may be one later.
    pub(super) fn ask(&self, person: &Person, state: State) -> Result<LiveAnswer, FlowError> {
        let runtime = Handle::try_current().map_err(|_outside| FlowError::CutOff)?;
        let asked = runtime.block_on(self.query.ask(&live_sets(person, state)));
        let rows = asked.map_err(|error| FlowError::Local {
            verdict: error.verdict(),
            detail: format!("{}: {}", self.source, with_causes(&error)),
        })?;
        let (source, form) = (self.source.clone(), self.form.clone());
        Ok(LiveAnswer { source, form, columns: rows.columns, rows: rows.rows })
    }
}

fn ten_thousand() -> usize {
    10_000
}

fn sixteen_mib() -> usize {
    16 * 1024 * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(url: &str, query: &str, more: &str) -> LiveSettings {
        toml::from_str(&format!("url = \"{url}\"\nquery = \"{query}\"\nform = \"f\"\n{more}")).unwrap()
    }

    #[test]
    fn a_query_asks_for_one_person_of_a_server_or_a_file() {
        let misfit =
            |url: &str, query: &str, more: &str| live(url, query, more).misfit("a").unwrap_or_default();
        let (server, query) = ("postgresql://a@db/x", "SELECT 1 WHERE $number = '1'");
        assert_eq!(misfit(server, query, ""), "");
        assert_eq!(misfit("sqlite:a.db", "SELECT 1 WHERE $family = ''", ""), "");
        assert!(misfit(server, "SELECT 1 WHERE $birth_date = ''", "").contains("everybody"));
        assert!(misfit(server, query, "rows_max = 0").contains("is 0"));
        assert!(misfit("sqlite:", query, "").contains("names no file"));
        assert!(misfit("sqlite:a.db", query, "password_file = \"p\"").contains("neither password"));
        assert!(misfit("postgresql://a:secret@db/x", query, "").contains("password_file"));
        assert!(live(server, query, "").misfit("A b").unwrap().contains("small letters"));
        assert_eq!(live("sqlite:a.db", query, "").within(Path::new("etc")).url, "sqlite:etc/a.db");
    }
}
