//! The words of `sqlx` for the one connection that writes to an SQLite file, where a statement runs on the thread that
//! asks for it.
//!
//! `sqlx` gives each connection a thread: to wake that one and to be woken costs several times as much as most
//! statements do, and nobody else may write meanwhile. Our statements find their rows by an index and their pages in the
//! cache; what takes longer, the sync of a commit and the wait for another process, is run aside by `sqlite_writer`.
//! The macros of `tx` put these words in the place of those of `sqlx`, so that there is one text for all engines.

pub(super) use super::statement::query;
use super::statement::{Bind, Statement, Value};
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, RowIndex};
use sqlx::SqlSafeStr;
use sqlx::error::{BoxDynError, DatabaseError, ErrorKind};
use std::borrow::Cow;
use std::error::Error;
use std::future::{Ready, ready};
use std::marker::PhantomData;

/// A statement, each row of it as a whole.
pub(super) fn query_as<O: FromRow>(text: impl SqlSafeStr) -> QueryRows<O> {
    QueryRows { query: query(text), row: O::from_row, rows: PhantomData }
}

/// The same, the first column of each row.
pub(super) fn query_scalar<O: FromSql>(text: impl SqlSafeStr) -> QueryRows<O> {
    QueryRows { query: query(text), row: |row| row.try_get(0), rows: PhantomData }
}

/// See [`query_as`] and [`query_scalar`].
#[derive(Debug)]
pub(super) struct QueryRows<O> {
    query: Statement,
    row: fn(&Row<'_>) -> Result<O, sqlx::Error>,
    rows: PhantomData<O>,
}

impl Statement {
    /// Runs it; tells how many rows were changed.
    pub(super) fn execute(self, connection: &mut Connection) -> Result<u64, sqlx::Error> {
        self.run(connection, |_row| Ok(()))
    }

    fn run(
        &self,
        connection: &Connection,
        mut each: impl FnMut(&Row<'_>) -> Result<(), sqlx::Error>,
    ) -> Result<u64, sqlx::Error> {
        let mut changed = 0;
        for text in self.text.as_str().split(';').filter(|text| !text.trim().is_empty()) {
            let mut statement = connection.prepare_cached(text).map_err(failed)?;
            for place in 1..=statement.parameter_count() {
                let number =
                    statement.parameter_name(place).and_then(|name| name.strip_prefix('$')?.parse().ok());
                let value = number.and_then(|number: usize| self.values.get(number.checked_sub(1)?));
                let value = value.ok_or_else(|| sqlx::Error::Protocol("a value is missing".to_owned()))?;
                statement.raw_bind_parameter(place, value).map_err(failed)?;
            }
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(failed)? {
                each(&Row(row))?;
            }
            drop(rows);
            if !statement.readonly() {
                changed += connection.changes();
            }
        }
        Ok(changed)
    }
}

impl<O> QueryRows<O> {
    pub(super) fn bind(mut self, value: impl Bind) -> Self {
        self.query = self.query.bind(value);
        self
    }

    pub(super) fn fetch_all(self, connection: &mut Connection) -> Ready<Result<Vec<O>, sqlx::Error>> {
        let mut found = Vec::new();
        let each = |row: &Row<'_>| {
            found.push((self.row)(row)?);
            Ok(())
        };
        let run = self.query.run(connection, each);
        ready(run.map(|_changed| found))
    }

    pub(super) fn fetch_optional(self, connection: &mut Connection) -> Ready<Result<Option<O>, sqlx::Error>> {
        ready(self.first(connection))
    }

    pub(super) fn fetch_one(self, connection: &mut Connection) -> Ready<Result<O, sqlx::Error>> {
        ready(self.first(connection).and_then(|found| found.ok_or(sqlx::Error::RowNotFound)))
    }

    fn first(self, connection: &Connection) -> Result<Option<O>, sqlx::Error> {
        let mut found = None;
        self.query.run(connection, |row| {
            if found.is_none() {
                found = Some((self.row)(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// A row while it is read.
pub(super) struct Row<'r>(&'r rusqlite::Row<'r>);

impl Row<'_> {
    /// A column by its place or its name.
    pub(super) fn try_get<T: FromSql>(&self, index: impl RowIndex) -> Result<T, sqlx::Error> {
        self.0.get(index).map_err(failed)
    }

    /// The column of this name, which is likely the next one.
    pub(super) fn next<T: FromSql>(&self, place: &mut usize, name: &str) -> Result<T, sqlx::Error> {
        let likely = *place;
        *place += 1;
        match self.0.as_ref().column_name(likely) {
            Ok(found) if found == name => self.try_get(likely),
            Ok(_) | Err(_) => self.try_get(name),
        }
    }
}

/// What is read out of a whole row.
pub(super) trait FromRow: Sized {
    fn from_row(row: &Row<'_>) -> Result<Self, sqlx::Error>;
}

/// A struct that is read out of a row of any engine, each field out of the column of its name.
macro_rules! row_struct {
    ($(#[$meta:meta])* struct $name:ident { $($field:ident: $kind:ty,)+ }) => {
        $(#[$meta])*
        #[derive(sqlx::FromRow)]
        struct $name { $($field: $kind,)+ }

        impl $crate::store::sqlite_query::FromRow for $name {
            fn from_row(row: &$crate::store::sqlite_query::Row<'_>) -> Result<Self, sqlx::Error> {
                let mut place = 0;
                Ok(Self { $($field: row.next(&mut place, stringify!($field))?,)+ })
            }
        }
    };
}
pub(super) use row_struct;

macro_rules! tuples {
    ($($column:ident $place:literal),+) => {
        impl<$($column: FromSql),+> FromRow for ($($column,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self, sqlx::Error> {
                Ok(($(row.try_get::<$column>($place)?,)+))
            }
        }
    };
}

macro_rules! all_tuples {
    ($($done:ident $at:literal),+;) => {};
    ($($done:ident $at:literal),+; $next:ident $place:literal $(, $column:ident $rest:literal)*) => {
        tuples!($($done $at,)+ $next $place);
        all_tuples!($($done $at,)+ $next $place; $($column $rest),*);
    };
}
tuples!(A 0);
all_tuples!(A 0; B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);

impl ToSql for Value {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(Some(value)) => ValueRef::Integer(*value),
            Self::Text(Some(value)) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(Some(value)) => ValueRef::Blob(value),
            Self::Integer(None) | Self::Text(None) | Self::Bytes(None) => ValueRef::Null,
        }))
    }
}

/// What the library says as `sqlx` says it: by the code of SQLite, or the column that cannot be read.
pub(super) fn failed(error: rusqlite::Error) -> sqlx::Error {
    if let Some(code) = error.sqlite_error() {
        let code = code.extended_code;
        return sqlx::Error::Database(Box::new(Refused { code, text: error.to_string() }));
    }
    if let rusqlite::Error::FromSqlConversionFailure(place, ..)
    | rusqlite::Error::IntegralValueOutOfRange(place, _)
    | rusqlite::Error::InvalidColumnIndex(place)
    | rusqlite::Error::InvalidColumnType(place, ..) = &error
    {
        let index = place.to_string();
        return sqlx::Error::ColumnDecode { index, source: BoxDynError::from(error) };
    }
    sqlx::Error::Protocol(error.to_string())
}

/// What SQLite refuses.
#[derive(Debug, thiserror::Error)]
#[error("(code: {code}) {text}")]
struct Refused {
    code: i32,
    text: String,
}

impl DatabaseError for Refused {
    fn message(&self) -> &str {
        &self.text
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other // nobody asks: a conflict is told by the statement itself
    }
}
