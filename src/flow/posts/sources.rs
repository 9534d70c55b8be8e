//! How old what a node has of each state is, and which of them does not answer.

use crate::flow::{Context, FlowError};
use crate::labour::sync::StreamKind;
use crate::store::{Cursor, cursor_list};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// How old what is here of a peer's vacancies is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobSource {
    /// The state of the peer.
    pub state: String,
    /// Whether it answers: what is here of one that does not may be old.
    pub answers: bool,
    /// When it was heard last.
    #[schemars(with = "Option<String>")]
    pub heard_at: Option<Timestamp>,
    /// How many seconds ago that was.
    pub age_s: Option<i64>,
    /// Why its stream is not gone on with.
    pub code: Option<String>,
}

/// Of every peer.
///
/// # Errors
/// The database does not answer.
pub async fn job_sources(ctx: &Context) -> Result<Vec<JobSource>, FlowError> {
    let now = ctx.clock.now();
    let cursors = cursor_list(&mut ctx.store.read().await?).await?;
    let late_s = i64::try_from(ctx.labour.every_ms / 1000).unwrap_or(i64::MAX).saturating_mul(3).max(LATE_S);
    let source = |state: String| {
        let of = |one: &&Cursor| one.kind == StreamKind::Vacancy && one.peer == state;
        let heard = cursors.iter().find(of);
        let age_s = heard.map(|cursor| now.duration_since(cursor.heard_at).as_secs());
        let code = heard.and_then(|cursor| cursor.code.clone());
        let answers = age_s.is_some_and(|age| age <= late_s) && code.is_none();
        JobSource { state, answers, heard_at: heard.map(|cursor| cursor.heard_at), age_s, code }
    };
    Ok(ctx.peers.names().into_iter().map(source).collect())
}

/// A peer that was not heard for less is not called silent.
const LATE_S: i64 = 30;
