//! The profiles of local forms, and which places of a record each holds.

use super::super::{Context, FlowError};
use crate::access::Permit;
use crate::exchange::adapter::Profile;
use schemars::JsonSchema;
use serde::Serialize;

/// The profiles by which this node reads and writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfilesView {
    /// By name.
    pub profiles: Vec<ProfileTold>,
}

/// A profile, as `stazh profile coverage` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfileTold {
    /// Its file.
    pub file: String,
    /// Its version.
    pub version: String,
    /// Which files have this form.
    pub files: String,
    /// What one row is.
    pub record: String,
    /// How many places are held both ways.
    pub both_ways: usize,
    /// Each place of a record.
    pub places: Vec<PlaceCovered>,
    /// What is not read, in words.
    pub not_read: String,
    /// What is not written, in words.
    pub not_written: String,
}

/// Whether a form holds a place of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlaceCovered {
    /// The place.
    pub place: String,
    /// From the form to the record.
    pub is_read: bool,
    /// From the record to the form.
    pub is_written: bool,
}

/// The profiles by which this node reads and writes; none where the local system has no forms.
///
/// # Errors
/// A profile cannot be used.
pub async fn profiles_view(_permit: &Permit, ctx: &Context) -> Result<ProfilesView, FlowError> {
    let desk = ctx.desk.clone();
    Context::aside(move || {
        let mut profiles = Vec::new();
        for some in desk.forms()? {
            profiles.extend(some.iter().map(told));
        }
        profiles.sort_by(|a: &ProfileTold, b| a.file.cmp(&b.file));
        Ok(ProfilesView { profiles })
    })
    .await?
}

fn told(profile: &Profile) -> ProfileTold {
    let head = profile.head();
    let place = |it: crate::exchange::adapter::Covered| PlaceCovered {
        place: it.place.to_owned(),
        is_read: it.is_read,
        is_written: it.is_written,
    };
    let places: Vec<_> = profile.coverage().into_iter().map(place).collect();
    ProfileTold {
        file: profile.file().to_owned(),
        version: head.version.clone(),
        files: head.files.clone(),
        record: head.record.part().to_owned(),
        both_ways: places.iter().filter(|it| it.is_read && it.is_written).count(),
        places,
        not_read: head.partial.decode.clone(),
        not_written: head.partial.encode.clone(),
    }
}
