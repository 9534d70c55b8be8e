//! The state of a shared resource: as of when the records of a body are.

use super::{Country, WrittenInstant, text::ResourceId};
use serde::{Deserialize, Serialize};

/// As a question it says what is meant; as an answer, when that was last brought up to date.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceStatus {
    /// When it was last brought up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<WrittenInstant>,
    /// The countries it is about; none means all that the body keeps records for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// Which resource, where a body keeps several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
}
