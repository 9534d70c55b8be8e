//! Looking a node over from its pages, as the doctor does at the command line.

use super::{Context, FlowError};
use crate::access::Permit;
use crate::base::{Code, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::pin::Pin;

/// Who looks a node over: keys, certificates, clock, peers, database, local forms. It changes nothing.
pub trait Examiner: Send + Sync {
    /// Looks at everything.
    fn examine(&self) -> Pin<Box<dyn Future<Output = Vec<Examined>> + Send + '_>>;
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Examined {
    /// What: `our seal`, `peer KZ`.
    pub of: String,
    /// What was found, in words.
    pub told: String,
    /// good, warning or bad.
    pub grade: &'static str,
    /// What it is called in the catalogue of errors; nothing if all is well.
    pub code: Option<&'static str>,
}

impl Examined {
    /// A finding, by its code if something is not well.
    pub fn new((of, told): (String, String), grade: &'static str, code: Option<Code>) -> Self {
        Self { of, told, grade, code }
    }
}

/// Looks the node over.
///
/// # Errors
/// There is nobody who does; the permit is for something else.
pub async fn examine_node(permit: &Permit, ctx: &Context) -> Result<Vec<Examined>, FlowError> {
    let refused = |detail: &str| FlowError::Local {
        verdict: Verdict::Return { code: "access.not_there" },
        detail: detail.to_owned(),
    };
    if permit.command() != "doctor-run" {
        return Err(refused("find leave to look the node over"));
    }
    let examiner = ctx.examiner.as_ref().ok_or_else(|| refused("find who looks the node over"))?;
    Ok(examiner.examine().await)
}
