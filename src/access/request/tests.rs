//! What a request must have, item by item.

use super::*;
use jiff::civil::date;

fn request() -> AccessRequest {
    AccessRequest {
        action: Action::Grant,
        reason: Reason::New,
        basis: Basis {
            kind: BasisKind::Employment,
            number: "17-к".to_owned(),
            date: date(2026, 11, 2),
            file: Some(Digest256([1; 32])),
        },
        applicant: Applicant {
            number: "123456789012".to_owned(),
            name: "Департамент".to_owned(),
            region: String::new(),
            head_name: "Серик Болат".to_owned(),
            signed_on: Some(date(2026, 11, 3)),
            letter: None,
            is_state_body: true,
            exception_act: None,
        },
        users: vec![RequestedUser {
            name: "Ахметова Айгуль".to_owned(),
            number: "850315300018".to_owned(),
            login: "a.akhmetova".to_owned(),
            office: "12".to_owned(),
            mobile: "+77010000000".to_owned(),
            address: "10.0.0.7".to_owned(),
            position: "Главный специалист".to_owned(),
            unit: "Отдел назначений".to_owned(),
            language: None,
            public_key: None,
        }],
        role: Role::Clerk,
        systems: BTreeSet::from(["X-NODE".to_owned()]),
        functions: BTreeSet::from(["cases".to_owned(), "messages".to_owned()]),
        reply_email: "a.akhmetova@gov.example".to_owned(),
    }
}

fn places(request: &AccessRequest) -> Vec<String> {
    let found = request.findings(date(2026, 11, 30), Numbers::built_in(), Systems::built_in());
    assert!(found.iter().all(|finding| finding.is_error() && finding.code == "access.request"));
    found.into_iter().map(|finding| finding.path).collect()
}

fn with(change: impl FnOnce(&mut AccessRequest)) -> Vec<String> {
    let mut changed = request();
    change(&mut changed);
    places(&changed)
}

#[test]
fn a_request_in_order_has_no_finding() {
    assert_eq!(places(&request()), [""; 0]);
}

/// A29: older than a year, or without its copy, an order is no basis; nor one of tomorrow.
#[test]
fn a29_the_basis_is_at_most_a_year_old_and_attached() {
    assert_eq!(with(|r| r.basis.date = date(2025, 11, 30)), [""; 0], "to the day");
    assert_eq!(with(|r| r.basis.date = date(2025, 11, 29)), ["basis.date"]);
    assert_eq!(with(|r| r.basis.date = date(2026, 12, 1)), ["basis.date"]);
    assert_eq!(with(|r| r.basis.file = None), ["basis.file"]);
    assert_eq!(with(|r| r.basis.number = " ".to_owned()), ["basis.number"]);
    assert_eq!(with(|r| r.basis.kind = BasisKind::Dismissal), ["basis.kind"]);
}

/// A4: a legal entity, with its head's name and signature.
#[test]
fn a4_the_applicant_is_a_legal_entity_whose_head_signed() {
    assert_eq!(with(|r| r.applicant.signed_on = None), ["applicant.signed_on"]);
    assert_eq!(with(|r| r.applicant.head_name.clear()), ["applicant.head_name"]);
    assert_eq!(with(|r| r.applicant.number.clear()), ["applicant.number"], "in his own name");
}

/// A35: who is no state body names the act.
#[test]
fn a35_another_applicant_names_the_act_of_his_exception() {
    assert_eq!(with(|r| r.applicant.is_state_body = false), ["applicant.exception_act"]);
    let named = |r: &mut AccessRequest| {
        r.applicant.is_state_body = false;
        r.applicant.exception_act = Some("Постановление № 1".to_owned());
    };
    assert_eq!(with(named), [""; 0]);
}

/// A43, A39: systems and functions come from their lists.
#[test]
fn a43_systems_and_functions_are_picked_from_the_register() {
    assert_eq!(with(|r| r.systems = BTreeSet::from(["ЕИС".to_owned()])), ["systems"]);
    assert_eq!(with(|r| r.systems.clear()), ["systems"]);
    assert_eq!(with(|r| r.functions.clear()), ["functions"]);
    assert_eq!(with(|r| r.functions.extend(["access".to_owned()])), ["functions"], "not a clerk's (A1)");
}

/// A6: one login, one person.
#[test]
fn a6_nobody_and_no_login_stands_in_a_request_twice() {
    assert_eq!(with(|r| r.users.push(r.users[0].clone())), ["users[1].login", "users[1].number"]);
}

/// A40: a program is registered like a person, by its key.
#[test]
fn a40_a_program_is_registered_by_its_key() {
    let program = |key: Option<&str>| {
        let key = key.map(str::to_owned);
        with(move |r| {
            r.role = Role::Integration;
            r.users[0].number.clear();
            r.users[0].public_key = key;
        })
    };
    assert_eq!(program(None), ["users[0].public_key"]);
    assert_eq!(program(Some("AAAA")), ["users[0].public_key"]);
    assert_eq!(program(Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")), [""; 0]);
}

#[test]
fn everything_wrong_is_told_at_once_and_never_a_value() {
    let found = with(|r| {
        r.reason = Reason::LostLogin;
        r.users[0].address = "10.0.0.777".to_owned();
        r.users[0].position.clear();
        r.users[0].login = "Ахметова".to_owned();
        r.users[0].number.clear();
        r.reply_email = "a@b".to_owned();
        r.basis.file = None;
    });
    let wanted = [
        "basis.file",
        "reason",
        "reply_email",
        "users[0].position",
        "users[0].number",
        "users[0].login",
        "users[0].address",
    ];
    assert_eq!(found, wanted);
    assert!(!format!("{:?}", request()).contains("850315300018"));
}

#[test]
fn words_are_read_as_they_are_written() {
    for action in Action::ALL {
        assert_eq!(action.word().parse(), Ok(*action));
        assert_eq!(serde_json::to_string(action).unwrap(), format!("\"{}\"", action.word()));
    }
    assert!("give".parse::<Action>().unwrap_err().contains("grant"));
}
