//! A form sent twice, or a call under one idempotency key, is done once.

use super::field::Given;
use super::route::{Answer, Call, Done, Route, Trouble, Verb};
use crate::exchange::seal::sha256;
use crate::flow::{Once, begin_only_once, end_only_once};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Does what a route does; a posted one under its key only once.
pub(super) async fn call(route: &Route, call: Call) -> Done {
    let login = call.session.as_ref().map(|session| session.actor.login.clone());
    let key = call.view.form_id.clone();
    let (Some(login), Verb::Post, false) = (login, route.verb, key.is_empty()) else {
        return (route.call)(call).await;
    };
    let ctx = call.ctx.clone();
    match begin_only_once(&login, &key, &digest(route, &call), &ctx).await? {
        Once::First => {}
        Once::Again(answer) => return told_again(&answer),
        Once::Now => {
            let told = "the same was sent a moment ago and is not done yet; look before you send it again";
            return Err(Trouble::new(StatusCode::CONFLICT, "http.being_done", told));
        }
        Once::Other => {
            let told = "something else was sent under this key; load the page anew, or take a new key";
            return Err(Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, "http.key_reused", told));
        }
    }
    let done = (route.call)(call).await;
    let answer = match &done {
        Ok(Answer::Done { to, model }) => Some(json!({ "to": to, "model": model }).to_string()),
        Ok(Answer::Page { .. } | Answer::Entered { .. } | Answer::File { .. }) | Err(_) => None,
    };
    end_only_once(&login, &key, answer.as_deref(), &ctx).await?;
    done
}

fn told_again(answer: &str) -> Done {
    let kept: Value = serde_json::from_str(answer).map_err(Trouble::defect)?;
    let to = kept.get("to").and_then(Value::as_str).unwrap_or("/console").to_owned();
    Ok(Answer::Done { to, model: kept.get("model").cloned().unwrap_or_default() })
}

/// What is asked: by whatever order its values came.
fn digest(route: &Route, call: &Call) -> String {
    let Given { texts, files } = &call.given;
    let files: Vec<(&String, String)> =
        files.iter().map(|(name, file)| (name, sha256(&file.bytes).to_string())).collect();
    let asked = json!([route.path, call.segments, texts, files]);
    sha256(asked.to_string().as_bytes()).to_string()
}
