//! Stub.
use super::{Context, FlowError};
use crate::access::*;
use crate::base::Secret;
use jiff::Timestamp;
use std::net::IpAddr;
pub struct From<'a> {
    pub address: IpAddr,
    pub agent: &'a str,
}
pub struct Entered {
    pub token: Secret<String>,
    pub session: Session,
}
pub enum EntryRefused {
    Unknown,
    Blocked,
    Later,
}
pub enum PasswordRefused {
    Old,
    New(Vec<(&'static str, String)>),
}
pub struct ListedSession {
    pub id: String,
    pub began_at: Timestamp,
    pub address: String,
    pub agent: String,
}
fn no() -> FlowError {
    FlowError::Local {
        verdict: crate::base::Verdict::Return { code: "flow.no_place" },
        detail: String::new(),
    }
}
pub async fn sign_in(
    _: &str,
    _: &Secret<String>,
    _: Option<&str>,
    _: From<'_>,
    _: &Context,
) -> Result<Result<Entered, EntryRefused>, FlowError> {
    Err(no())
}
pub async fn session_of(_: &str, _: IpAddr, _: &Context) -> Result<Option<Session>, FlowError> {
    Err(no())
}
pub async fn token_session(_: &str, _: &Context) -> Result<Option<Session>, FlowError> {
    Err(no())
}
pub async fn permit(_: &Actor, _: Ask<'_>, _: &Context) -> Result<Result<Permit, Refusal>, FlowError> {
    Err(no())
}
pub async fn sign_out(_: &Session, _: &Context) -> Result<(), FlowError> {
    Err(no())
}
pub async fn change_password(
    _: &Session,
    _: &Secret<String>,
    _: &Secret<String>,
    _: &Context,
) -> Result<Result<(), PasswordRefused>, FlowError> {
    Err(no())
}
pub async fn acknowledge_rules(_: &Session, _: &Context) -> Result<(), FlowError> {
    Err(no())
}
pub fn new_second_factor(_: &Context) -> String {
    String::new()
}
pub async fn set_second_factor(_: &Session, _: &str, _: &str, _: &Context) -> Result<bool, FlowError> {
    Err(no())
}
pub async fn sessions_of(_: &str, _: &Context) -> Result<Vec<ListedSession>, FlowError> {
    Err(no())
}
pub async fn end_session(_: &str, _: &str, _: &Context) -> Result<bool, FlowError> {
    Err(no())
}
pub async fn journal_refused(_: &Actor, _: &str, _: crate::base::Code, _: &Context) -> Result<(), FlowError> {
    Err(no())
}
