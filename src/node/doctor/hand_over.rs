//! Whether what the peers answer can reach the local system, and what its databases say can be read.

use super::{Check, Settings};
use crate::base::with_causes;
use crate::node::FolderDesk;
use crate::node::hand_over::Teller;
use crate::node::live::Live;
use crate::node::polls::Poll;

/// Looks at whom `[hand_over]` names; nothing is handed over.
pub(super) async fn taker(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    const OF: &str = "the hand-over";
    let teller = match Teller::open(&settings.hand_over) {
        Ok(Some(teller)) => teller,
        Ok(None) => {
            let folder = settings.handed_over.display();
            return tell(Check::good(OF, format!("records become files in {folder}")));
        }
        Err(error) => return tell(Check::failed(OF, "doctor.hand_over", &error)),
    };
    tell(match teller.look().await {
        Ok(seen) => Check::good(OF, seen),
        Err(error) => Check::bad(OF, "doctor.hand_over", with_causes(&error)),
    });
}

/// Asks the query of every source; nothing is kept.
pub(super) async fn sources(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    let polls = match Poll::all(settings) {
        Ok(polls) => polls,
        Err(error) => return tell(Check::failed("the sources", "doctor.source", &error)),
    };
    for poll in polls {
        let of = format!("source {}", poll.name());
        tell(match poll.look().await {
            Ok(()) => {
                let last = poll.changed_at();
                let last = last.map_or("it brought nothing yet".to_owned(), |at| {
                    format!("it brought rows last at {at:.0}")
                });
                Check::good(&of, format!("its query can be asked; {last}"))
            }
            Err(error) => Check::failed(&of, "doctor.source", &error),
        });
    }
}

/// Asks every query about a person for its columns; nobody is asked about.
pub(super) async fn live(settings: &Settings, tell: &mut (dyn FnMut(Check) + Send)) {
    let of = "the queries about a person";
    let all = match Live::all(settings) {
        Ok(all) => all,
        Err(error) => return tell(Check::failed(of, "doctor.live", &error)),
    };
    if all.is_empty() {
        return;
    }
    let desk = match FolderDesk::reading(settings) {
        Ok(desk) => desk,
        Err(error) => return tell(Check::failed(of, "doctor.live", &error)),
    };
    for live in all {
        let (of, _form) = live.form();
        tell(match live.columns().await {
            Err(error) => Check::failed(of, "doctor.live", &error),
            Ok(columns) => match desk.check_live(live.form(), &columns) {
                Ok(()) => Check::good(of, "its query can be asked, and its profile reads the columns"),
                Err(error) => Check::failed(of, "doctor.live", &error),
            },
        });
    }
}
