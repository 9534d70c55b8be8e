//! What the Agreement on pension provision says of a life of work: periods, totalisation, the right. Pure.
//!
//! The program advises, a person decides: each step names its rule, what it counted and what came of it, so that a clerk
//! can check it by hand. What the law of one state demands (years of service, points) is told with the claim.

mod acquired;
mod agreement;
mod book;
mod calendar;
mod case;
mod check;
mod claim;
mod days;
mod length;
mod nearing;
mod right;
mod step;
mod terms;
mod timeline;

pub use agreement::{Agreement, Branch, PaidBy, Payer, PensionKind, PeriodClass, agreement};
pub use book::TermBook;
pub use calendar::{CALENDARS_TEXT, Calendar, Calendars, calendars};
pub use case::{
    CaseEntry, CaseFile, CaseSort, CaseStage, Due, Filed, Lacking, LateChange, Provisional, Said, Standing,
    Waiting, answers_to, judge, judge_body, late_changes,
};
pub use check::{
    CHECK_SCHEME, CheckKey, CheckSecret, KeyKind, KeyKinds, OwnValue, OwnValues, Owner, PointFault,
    RaisedTable, in_parallel, keys_of,
};
pub use claim::{Claim, Needed};
pub use days::{Days, Stretch};
pub use length::{Convention, Length};
pub use nearing::{HeldBy, PensionAge, holders, nearing};
pub use right::{Advice, Right, advise};
pub use step::{Part, Step, length_in_words, state_name};
pub use terms::{
    Reminder, TERMS_TEXT, Term, TermConfidence, Terms, TermsError, Unit, days_in_transit, is_overdue, terms,
    transit,
};

pub use timeline::{
    Choice, Difference, Lane, Overlap, Piece, RecordTold, Segment, Side, Source, Timeline, Told,
};

#[cfg(test)]
mod tests;
