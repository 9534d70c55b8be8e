//! How people and programs come in, what they may, and how their accounts live (A1-A48).
//!
//! Every act and every refusal is journalled in the transaction in which it happens (A2). No value of a person stands in an act:
//! he is told by a keyed digest. The doors ask for leave ([`permit`]), which journals the act; what is done takes the [`Permit`],
//! and journals only what came of it otherwise.
//!
//! [`Permit`]: crate::access::Permit

mod accounts;
mod acts;
mod approvals;
mod decide;
mod error;
mod export;
mod factors;
mod machine;
mod own;
mod password;
mod policy;
mod reply;
mod requests;
mod seen;
mod sessions;
mod sign_in;
mod tokens;

pub use accounts::{
    AccountLine, AccountPage, AccountView, LoginJournalLine, account, accounts, block_account,
    block_for_violation, block_idle, login_journal,
};
pub(in crate::flow) use acts::note_approved;
pub use acts::{note_outcome, permit, permit_at, permit_in};
pub use approvals::{
    ApprovalPage, ApprovalView, Approved, Eyes, approval, approvals, ask_approval, ask_approval_of,
    decide_approval, own_approval, own_approvals, withdraw_approval,
};
pub use decide::{Decision, Issued, decide_request};
pub use error::EntryError;
pub use export::{Exported, export_acts};
pub use factors::lock_factors;
pub use machine::{note_command, register_first, reissue_first};
pub use own::{
    OwnSession, acknowledge_rules, end_session, offer_second_factor, sessions_of, set_second_factor,
};
pub use password::change_password;
pub use policy::{EntryPolicy, RulesOfTheDay, day_in, subject_of};
pub use reply::{replies, take_reply};
pub use requests::{
    FileView, RequestLine, RequestPage, RequestView, SentFile, file_request, request, request_file, requests,
};
pub use seen::{ActPage, ActView, ActsChecked, acts, acts_at_machine, check_acts, feed, feed_told, who_saw};
pub use sessions::{session_of, sign_out};
pub use sign_in::{SignIn, SignedIn, sign_in};
pub use tokens::{token_actor, token_session};
