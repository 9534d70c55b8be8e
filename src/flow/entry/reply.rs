//! Answers to access requests: letters that a person or a mail program takes and sends; the node sends none itself.

use super::acts::id;
use crate::base::{Language, Phrases, Secret, phrases};
use crate::flow::{Context, FlowError};
use crate::store::{Reply, RequestRow, StoreError, reply_taken, reply_waiting};
use uuid::Uuid;

/// The answer that a request was executed, with the temporary password where one was issued.
pub(super) fn granted(
    row: &RequestRow,
    login: &str,
    temporary: Option<&Secret<String>>,
    ctx: &Context,
) -> Reply {
    let days = ctx.entry.numbers.policy.temporary_password.count.to_string();
    let body = both(|phrases| {
        let mut text =
            phrases.say_with("reply-granted", &[("request", &row.id.to_string()), ("login", login)]);
        if let Some(password) = temporary {
            let more =
                phrases.say_with("reply-password", &[("password", password.expose()), ("days", &days)]);
            text = format!("{text}\n{more}");
        }
        text
    });
    reply(row, Some(login), body, ctx)
}

/// The answer that a request was refused, and why.
pub(super) fn refused(row: &RequestRow, ground: &str, ctx: &Context) -> Reply {
    let body = both(|phrases| {
        phrases.say_with("reply-refused", &[("request", &row.id.to_string()), ("ground", ground)])
    });
    reply(row, None, body, ctx)
}

/// In the state language and in Russian (A14).
fn both(text: impl Fn(&Phrases) -> String) -> String {
    [Language::Kk, Language::Ru].map(|language| text(phrases(language))).join("\n\n")
}

fn reply(row: &RequestRow, login: Option<&str>, body: String, ctx: &Context) -> Reply {
    Reply {
        id: id(ctx),
        request_id: row.id,
        login: login.map(str::to_owned),
        address: row.body.reply_email.clone(),
        body: Secret::new(body),
        at: ctx.clock.now(),
    }
}

/// The answers that wait for whoever sends them, the oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn replies(ctx: &Context) -> Result<Vec<Reply>, StoreError> {
    reply_waiting(&mut ctx.store.read().await?, REPLIES_MAX).await
}

/// Notes that an answer was taken; its text is wiped. False if it was taken before.
///
/// # Errors
/// The database does not answer.
pub async fn take_reply(id: Uuid, ctx: &Context) -> Result<bool, FlowError> {
    let mut tx = ctx.store.begin().await?;
    let is_taken = reply_taken(&mut tx, id, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(is_taken)
}

const REPLIES_MAX: u32 = 1_000;
