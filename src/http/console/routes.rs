//! All routes, and which of them stand in the menu.

use super::route::{Route, Verb};
use super::{
    accounts, appeals, approvals, asked, audit, case, cases, entry, figures, help, interface, keys,
    labour_consents, labour_live, labour_matches, labour_reveals, labour_vacancies, labour_way,
    labour_workers, messages, own_rules, peers, persons, profiles, requests, send, workbench,
};
use std::collections::{BTreeMap, BTreeSet};

/// Every route there is.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    TOPICS.into_iter().flatten()
}

/// The routes of each topic.
const TOPICS: [&[Route]; 27] = [
    messages::ROUTES,
    persons::ROUTES,
    figures::ROUTES,
    peers::ROUTES,
    profiles::ROUTES,
    own_rules::ROUTES,
    entry::ROUTES,
    help::ROUTES,
    interface::ROUTES,
    appeals::ROUTES,
    requests::ROUTES,
    accounts::ROUTES,
    approvals::ROUTES,
    asked::ROUTES,
    audit::ROUTES,
    keys::ROUTES,
    cases::ROUTES,
    case::ROUTES,
    workbench::ROUTES,
    send::ROUTES,
    labour_vacancies::ROUTES,
    labour_live::ROUTES,
    labour_consents::ROUTES,
    labour_reveals::ROUTES,
    labour_matches::ROUTES,
    labour_workers::ROUTES,
    labour_way::ROUTES,
];

/// What stands in the menu: a page, and the command of it; its name is the phrase `menu-COMMAND`.
pub(super) const MENU: &[(&str, &str)] = &[
    ("/console/cases", "case-list"),
    ("/console/approvals", "approval-list"),
    ("/console/asked", "approval-own"),
    ("/console/messages", "message-list"),
    ("/console/persons", "message-find-person"),
    ("/console/vacancies", "vacancy-list"),
    ("/console/matches", "match-list"),
    ("/console/workers", "worker-list"),
    ("/console/figures", "dashboard-view"),
    ("/console/peers", "peer-list"),
    ("/console/keys", "key-list"),
    ("/console/profiles", "profile-list"),
    ("/console/requests", "request-list"),
    ("/console/accounts", "account-list"),
    ("/console/acts", "journal-view"),
    ("/console/audit", "audit-export"),
    ("/console/appeals", "appeal-list"),
];

/// The route of a path, with the values in it.
pub(super) fn find(verb: Verb, path: &str) -> Option<(&'static Route, BTreeMap<String, String>)> {
    all().filter(|route| route.verb == verb).find_map(|route| Some((route, fits(route.path, path)?)))
}

/// Whether any route has this path.
pub(super) fn is_path(path: &str) -> bool {
    all().any(|route| fits(route.path, path).is_some())
}

/// By what a path may be called, as the header `Allow` has it (RFC 9110, 15.5.6).
pub(super) fn allowed(path: &str, is_program: bool) -> String {
    let here = |route: &&Route| fits(route.path, path).is_some() && (!is_program || route.is_for_programs());
    let verbs: BTreeSet<&str> = all().filter(here).map(|route| route.verb.word()).collect();
    verbs.into_iter().collect::<Vec<_>>().join(", ")
}

fn fits(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(values),
            (Some(wanted), Some(given)) => {
                let name = wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                match name {
                    Some(name) => {
                        let value = percent_encoding::percent_decode_str(given).decode_utf8().ok()?;
                        let is_plain = !value.is_empty() && !value.chars().any(char::is_control);
                        values.insert(name.to_owned(), is_plain.then(|| value.into_owned())?);
                    }
                    None if wanted == given => {}
                    None => return None,
                }
            }
            (Some(_), None) | (None, Some(_)) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Commands;
    use crate::base::{Language, phrases};

    /// A39: no action exists outside the catalogue.
    #[test]
    fn a39_every_route_is_of_a_command() {
        for route in all() {
            assert!(Commands::built_in().find(route.command).is_ok(), "{} {}", route.path, route.command);
        }
    }

    #[test]
    fn every_field_and_choice_has_its_name() {
        use super::super::field::Kind;
        let english = phrases(Language::En);
        let mut missing = Vec::new();
        for field in all().flat_map(|route| route.fields) {
            let name = field.name.replace('_', "-");
            if !english.has(&format!("field-{name}")) {
                missing.push(format!("field-{name}"));
            }
            if let Kind::Choice(words) | Kind::Many(words) = field.kind {
                let keys = words.iter().map(|word| format!("choice-{name}-{}", word.replace('_', "-")));
                missing.extend(keys.filter(|key| !english.has(key)));
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn no_two_routes_answer_one_path() {
        let mut seen = std::collections::BTreeSet::new();
        for route in all() {
            assert!(seen.insert((route.verb, route.path)), "{}", route.path);
        }
    }

    #[test]
    fn a_path_fits_segment_by_segment() {
        let fitted = fits("/cases/{case}/periods", "/cases/KZ%2D1/periods").unwrap();
        assert_eq!(fitted["case"], "KZ-1");
        assert!(fits("/cases/{case}", "/cases/").is_none());
        assert!(fits("/cases/{case}", "/cases/a/b").is_none());
        assert!(fits("/cases/{case}", "/cases/a%00").is_none());
    }
}
