//! HR-XML 3.2 by the EURES profile 1.3: `PositionOpening` for a vacancy, `Candidate` for a person who seeks work.
//!
//! What the profile has no element for stands in `UserArea` under a namespace of our own, so that two nodes lose nothing
//! and others pass it over. What is absent is absent: nothing is printed as `null` (D7), and nothing unknown becomes a
//! default (D6). Characters that XML does not allow are filtered where a text is written (D15). Contacts and everything
//! that tells who a person is are written only to who asks for them by name.

mod candidate_in;
mod candidate_out;
mod opening_in;
mod opening_out;
mod pen;
mod sheet;

pub use candidate_in::{ReadCandidate, read_candidate};
pub use candidate_out::{Told, write_candidate, write_profile};
pub use opening_in::read_opening;
pub use opening_out::{Contacts, write_opening};
pub use sheet::HrXmlError;

/// The default namespace.
pub const HR_XML: &str = "http://www.hr-xml.org/3";
/// The namespace of the prefix `oa`.
pub const OAGIS: &str = "http://www.openapplications.org/oagis/9";
/// The namespace of what the profile has no element for.
pub const OWN: &str = "urn:x-stazh:job:1";

/// Which version of the EURES profile.
const PROFILE_VERSION: &str = "1.3";
const LANGUAGES: (&str, &str) = ("ISO-639-1/2-Languages", "639-1:2002 Alpha 2");
const ISCED: (&str, &str) = ("EURES_ISCEDEducationLevel", "2011");
/// The name of ISCO-08 in HR-XML, and ours.
const ISCO: (&str, &str) = ("ISCO2008", "isco-08");
/// Codes of regions are those of the state's own register, not of NUTS.
const REGIONS: &str = "X-STATE-REGISTER";
const SKILLS: &str = "X-SKILLS";

#[cfg(test)]
mod tests;
