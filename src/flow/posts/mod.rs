//! What those see who find posts for persons, and persons for posts: vacancies of all states, matches with their reasons, the
//! consents of a worker, and his way from a post to his pension. Pages and the interface for programs show the same models.

mod answered;
mod consent;
mod live;
mod matched;
mod profiles;
mod renew;
mod scored;
mod seek;
mod shelf;
mod sources;
mod told;
mod vacancy;
mod way;
mod workers;

pub use answered::answer_search;
pub use consent::{
    ConsentGiven, ConsentText, Misfit, NewWorker, candidate_of_text, consent_text, end_reveal, give,
    interest_of, show_to, shown_text, withdraw,
};
pub use live::{LiveLine, LiveList, LivePeer, LivePool, SHOWN_MAX, pool, seek_live};
pub use matched::{MatchList, Removed, match_vacancies};
pub use profiles::{
    OwnProfile, OwnProfiles, PeerProfile, PeerProfiles, match_profiles, own_profiles, worker_of,
};
pub use renew::{Renewed, is_current, renew_index};
pub use scored::{PartTold, ScoreTold, WarningTold};
pub use seek::{Facet, Reckoned, VacancyList, VacancyQuery, seek_vacancies};
pub use shelf::{JobShelf, Made};
pub use sources::{JobSource, job_sources};
pub use told::{
    LanguageTold, NameTold, OccupationTold, PayTold, PlaceTold, PublishedProfile, WishesTold, WorkedTold,
};
pub use vacancy::{VacancyLine, VacancyView, vacancy_view};
pub use way::{Way, WayStage, WayStageIs, WayStageName, institution_way, worker_way};
pub use workers::{
    ConsentView, InterestView, RevealView, TargetIs, TargetView, WorkerView, find_worker, worker_view,
};
