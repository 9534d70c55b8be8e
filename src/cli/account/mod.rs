//! `stazh account`: accounts of people and programs, as far as the machine has to do with them.

mod again;
mod first;
mod list;
mod replies;

use super::{Exit, local, noted, show};
use anyhow::Result;

/// Accounts of people and programs.
///
/// Rights are given, changed and taken on access requests, which the administrator
/// of cyber security decides on the pages of the node (item 21 of the Rules). The
/// machine registers the first two administrators, on a request like any other, and
/// hands over the answers to requests; nothing here gives or widens a right.
///
///   stazh account first kz --login a.serik --role cyber_administrator …
///   stazh account again kz --login a.serik
///   stazh account list kz
///   stazh account requests kz
///   stazh account replies kz --into outgoing
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct AccountCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    First(Box<first::First>),
    Again(again::Again),
    List(list::List),
    Requests(list::Requests),
    Replies(replies::Replies),
}

impl AccountCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::First(first) => first.run(),
            Action::Again(again) => again.run(),
            Action::List(list) => list.run(),
            Action::Requests(requests) => requests.run(),
            Action::Replies(replies) => replies.run(),
        }
    }
}
