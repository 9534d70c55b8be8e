//! A statement with its values, not yet on its way to an engine.

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::{SqlSafeStr, SqlStr};

/// A statement, or on SQLite several with `;` between them, which share their values; none of ours has one in a literal.
pub(super) fn query(text: impl SqlSafeStr) -> Statement {
    Statement { text: text.into_sql_str(), values: Vec::new() }
}

/// See [`query`].
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) text: SqlStr,
    pub(super) values: Vec<Value>,
}

impl Statement {
    pub(super) fn bind(mut self, value: impl Bind) -> Self {
        self.values.push(value.value());
        self
    }
}

/// What a column may hold here; what is absent has its type, too.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl Value {
    pub(super) fn bind_to(self, query: Query<'_, Postgres, PgArguments>) -> Query<'_, Postgres, PgArguments> {
        match self {
            Self::Integer(value) => query.bind(value),
            Self::Text(value) => query.bind(value),
            Self::Bytes(value) => query.bind(value),
        }
    }
}

/// What a statement may be given.
pub(super) trait Bind: Sized {
    fn value(self) -> Value {
        Self::optional(Some(self))
    }

    fn optional(value: Option<Self>) -> Value;
}

impl Bind for i64 {
    fn optional(value: Option<Self>) -> Value {
        Value::Integer(value)
    }
}

impl Bind for String {
    fn optional(value: Option<Self>) -> Value {
        Value::Text(value)
    }
}

impl Bind for &str {
    fn optional(value: Option<Self>) -> Value {
        Value::Text(value.map(str::to_owned))
    }
}

impl Bind for Vec<u8> {
    fn optional(value: Option<Self>) -> Value {
        Value::Bytes(value)
    }
}

impl Bind for &[u8] {
    fn optional(value: Option<Self>) -> Value {
        Value::Bytes(value.map(<[u8]>::to_vec))
    }
}

impl<T: Bind> Bind for Option<T> {
    fn optional(value: Option<Self>) -> Value {
        T::optional(value.flatten())
    }
}

impl<T: Bind + Clone> Bind for &T {
    fn optional(value: Option<Self>) -> Value {
        T::optional(value.cloned())
    }
}
