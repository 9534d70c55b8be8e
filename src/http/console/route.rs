//! What may be called: one table for the pages and for the programs' interface.
//!
//! A route names its command, so the gate can ask [`crate::access`] before anything is done, and its fields, so that page,
//! check and description are one.

use super::field::{Fault, Field, Given};
use super::routes::all;
use super::view::View;
use crate::access::{Actor, Commands, Permit, Session, Via};
use crate::base::Code;
use crate::flow::Context;
use crate::http::problem::Problem;
use crate::store::ActStage;
use axum::http::StatusCode;
use maud::Markup;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

/// How a route is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Post,
}

impl Verb {
    /// The method by which it is called.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// For what a command on data of a person is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// It is not about a person.
    Nothing,
    /// The case whose number stands in this segment of the path.
    Case(&'static str),
    /// For this code, about what stands in the segment of the path; about something new where the path has no such segment. A
    /// worker's data are used for his consent, a vacancy's matches for the vacancy.
    Named(&'static str, &'static str),
    /// What the fields `purpose` and `reason` say.
    Asked,
    /// A change of the node: the appeal or defect whose number the field `resolves` names (A22).
    Resolving,
}

/// One thing that may be called.
#[derive(Clone, Copy)]
pub(super) struct Route {
    pub(super) verb: Verb,
    /// Below `/console` and `/api/v1`; a segment in braces is a value.
    pub(super) path: &'static str,
    /// The command of the catalogue (A39).
    pub(super) command: &'static str,
    /// For what.
    pub(super) purpose: For,
    /// Whether it is open to those who have not signed in.
    pub(super) is_open: bool,
    /// What it takes.
    pub(super) fields: &'static [Field],
    /// What it answers, as a schema.
    pub(super) answer: fn() -> schemars::Schema,
    /// Its act.
    pub(super) call: Handler,
    /// The page that shows its form again with what was typed.
    pub(super) again: Option<Handler>,
}

impl Route {
    /// Whether programs may call it: what belongs to a browser's session is not theirs.
    pub(super) fn is_for_programs(&self) -> bool {
        !self.is_open
            && !["session-", "password-", "second-factor-", "rules-"]
                .iter()
                .any(|of_people| self.command.starts_with(of_people))
    }
}

impl Route {
    /// How far an act is that is let in: what is posted is asked for, what only shows the form of it is opened.
    pub(super) fn stage(&self) -> Option<ActStage> {
        let is_personal = || Commands::built_in().find(self.command).is_ok_and(|command| command.is_personal);
        let is_form =
            || all().any(|it| it.verb == Verb::Post && it.path == self.path && it.command == self.command);
        match self.verb {
            Verb::Post => Some(ActStage::Asked),
            // who sees data of a person has done something already
            Verb::Get => (is_form() && !is_personal()).then_some(ActStage::Opened),
        }
    }
}

/// What does a call.
pub(super) type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Done> + Send>>;

/// What becomes of one.
pub(super) type Done = Result<Answer, Trouble>;

/// One call, let in.
pub(super) struct Call {
    pub(super) ctx: Arc<Context>,
    pub(super) session: Option<Session>,
    /// The leave to do it; none on an open route.
    pub(super) permit: Option<Permit>,
    pub(super) given: Given,
    pub(super) segments: BTreeMap<String, String>,
    pub(super) address: IpAddr,
    pub(super) agent: String,
    pub(super) via: Via,
    pub(super) view: View,
    /// Whether the door is TLS: then cookies are bound to it.
    pub(super) is_tls: bool,
}

impl Call {
    /// A value of the path.
    pub(super) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", |value| value.as_str())
    }

    /// Who calls.
    ///
    /// # Errors
    /// Nobody has signed in.
    pub(super) fn session(&self) -> Result<&Session, Trouble> {
        self.session.as_ref().ok_or(Trouble::SignIn)
    }

    /// Who acts.
    ///
    /// # Errors
    /// Nobody has signed in.
    pub(super) fn actor(&self) -> Result<&Actor, Trouble> {
        Ok(&self.session()?.actor)
    }

    /// The leave that the gate has got.
    ///
    /// # Errors
    /// The route is open, so none was asked.
    pub(super) fn permit(&self) -> Result<&Permit, Trouble> {
        self.permit.as_ref().ok_or(Trouble::SignIn)
    }
}

/// What a call is answered with.
pub(super) enum Answer {
    /// A page; a program gets its model.
    Page { status: StatusCode, title: String, model: Value, body: Box<dyn FnOnce(&View) -> Markup + Send> },
    /// It is done, and is to be seen elsewhere; a program gets the model.
    Done { to: String, model: Value },
    /// The same with cookies; on a page if something is to be done first.
    Entered { to: String, page: Option<(String, Markup)>, cookies: Vec<String> },
    /// A file.
    File { name: String, media: &'static str, bytes: Vec<u8> },
}

impl Answer {
    /// A page of a model.
    ///
    /// # Errors
    /// The model cannot be written as JSON.
    pub(super) fn page(
        title: String,
        model: &impl Serialize,
        body: impl FnOnce(&View) -> Markup + Send + 'static,
    ) -> Done {
        let model = serde_json::to_value(model).map_err(Trouble::defect)?;
        Ok(Self::Page { status: StatusCode::OK, title, model, body: Box::new(body) })
    }

    /// What was done, and where it is seen.
    ///
    /// # Errors
    /// The model cannot be written as JSON.
    pub(super) fn done(to: impl Into<String>, model: &impl Serialize) -> Done {
        let model = serde_json::to_value(model).map_err(Trouble::defect)?;
        Ok(Self::Done { to: to.into(), model })
    }
}

/// In place of a model: the route answers with a file.
pub(super) struct FileBytes;

impl schemars::JsonSchema for FileBytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FileBytes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "binary" })
    }
}

/// Why a call is not done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nobody has signed in, or the session is over.
    SignIn,
    /// The values do not fit; the form is shown again.
    Fields(Vec<Fault>),
    /// Anything else, by a code of the catalogue.
    Problem(Problem),
}

impl Trouble {
    /// By a code.
    pub(super) fn new(status: StatusCode, code: crate::base::Code, detail: impl Into<String>) -> Self {
        Self::Problem(Problem::new(status, code, "", detail))
    }

    /// Its stable code.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::SignIn => "http.token",
            Self::Fields(_) => "http.fields",
            Self::Problem(problem) => problem.code,
        }
    }

    /// Nothing of this id, or nothing for this person to see: both are told alike.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "http.not_found", "there is nothing here, or nothing for you")
    }

    /// A failure of ours.
    pub(super) fn defect(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "http.defect", error.to_string())
    }

    /// One value does not fit.
    pub(super) fn field(name: &str, phrase: &'static str) -> Self {
        Self::Fields(vec![Fault::new(name, phrase)])
    }
}

impl From<crate::flow::FlowError> for Trouble {
    fn from(error: crate::flow::FlowError) -> Self {
        Self::Problem(Problem::of(&error))
    }
}

impl From<crate::flow::entry::EntryError> for Trouble {
    fn from(error: crate::flow::entry::EntryError) -> Self {
        use crate::base::{Verdict, with_causes};
        use crate::flow::entry::EntryError;
        match error {
            EntryError::Refused(refusal) => refusal.into(),
            EntryError::NotThere { .. } => Self::not_found(),
            other @ (EntryError::Store(_)
            | EntryError::Flow(_)
            | EntryError::Seal(_)
            | EntryError::Password(_)
            | EntryError::Account(_)
            | EntryError::Credentials
            | EntryError::CodeWanted
            | EntryError::Wait { .. }
            | EntryError::Blocked { .. }
            | EntryError::TemporaryOver
            | EntryError::Weak(_)
            | EntryError::NotInOrder(_)
            | EntryError::Decided
            | EntryError::OneSelf
            | EntryError::FactorKey
            | EntryError::Token { .. }) => {
                let (status, code) = match other.verdict() {
                    Verdict::Retry { .. } => (StatusCode::SERVICE_UNAVAILABLE, "http.later"),
                    Verdict::Return { code } | Verdict::Quarantine { code } => {
                        (StatusCode::UNPROCESSABLE_ENTITY, code)
                    }
                    Verdict::Park { code } => (StatusCode::INTERNAL_SERVER_ERROR, code),
                };
                Self::new(status, code, with_causes(&other))
            }
        }
    }
}

impl From<crate::access::Refusal> for Trouble {
    fn from(refusal: crate::access::Refusal) -> Self {
        Self::new(StatusCode::FORBIDDEN, refusal.code(), refusal.to_string())
    }
}

/// Makes a route's act of an async function.
macro_rules! handler {
    ($name:path) => {
        |call| Box::pin($name(call))
    };
}
pub(super) use handler;
