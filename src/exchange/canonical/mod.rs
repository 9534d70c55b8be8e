//! The record both countries mean: person, period, contribution, insurance record, inquiry.
//!
//! Values are parsed at the border: whoever holds one holds a lawful one. It knows no file format
//! and no XML.

pub mod case;
mod check;
mod fact;
mod identifier;
pub mod job;
mod letters;
mod likeness;
mod money;
mod name;
mod person;
mod record;
mod resource;
mod state;
mod text;
mod time;

pub use check::{
    CheckAnswer, CheckBatch, CheckDocument, CheckOpening, CheckReply, CheckResult, CheckSaid, Marks,
    POINT_BYTES, PaidPension, PersonInPayment, Points,
};
pub use fact::{
    AddressLevel, Channel, Consent, Fact, FactInquiry, FactOffer, FactShape, FactValue, Ground,
    IdentityAnswer, Measure, MonthlyAmount, Validity,
};
pub use identifier::{Identifier, IdentifierKind, Standing};
pub use letters::Romaniser;
pub use likeness::{Likeness, Matcher, Reason, Resemblance};
pub use money::{Currency, Money};
pub use name::{Name, NameParts};
pub use person::{HeldIdentifier, OriginalName, Person};
pub use record::{
    Contribution, CopyOfDocument, Employer, EmployerNumber, Evidence, Inquiry, InsurancePeriod,
    InsuranceRecord, SpecialCondition,
};
pub use resource::ResourceStatus;
pub use state::{Country, State};
pub use text::{Coded, MediaType, Number, Position, RecordId, RegisterNumber, Remark, ResourceId, Title};
pub use time::{Ends, Interval, WrittenInstant, YearMonth};

#[cfg(test)]
mod tests;
