//! Files that are not what they should be: an error or findings, never a panic, and every row in its place.

use crate::base::Limits;
use crate::exchange::adapter::Profile;
use crate::exchange::canonical::State;
use proptest::prelude::*;

fn read_by_all(bytes: &[u8]) {
    for state in [State::Kz, State::Ru, State::By, State::Kg, State::Am] {
        for profile in Profile::built_in(state).unwrap() {
            let _ = profile.read("f", bytes, &Limits::default(), &mut |_, _| ()); // only that it returns
        }
    }
}

/// A sound file of each form, to be spoiled.
const SOUND: [&[u8]; 8] = [
    include_bytes!("../../../../fixtures/local/ugly/depositors.csv"),
    include_bytes!("../../../../fixtures/local/ugly/contributions.csv"),
    include_bytes!("../../../../fixtures/local/ugly/contracts.json"),
    include_bytes!("../../../../fixtures/local/ugly/insured-periods.xml"),
    include_bytes!("../../../../fixtures/local/ugly/pu-2.csv"),
    include_bytes!("../../../../fixtures/local/ugly/pu-3.xml"),
    include_bytes!("../../../../fixtures/local/ugly/accounts.txt"),
    include_bytes!("../../../../fixtures/local/ugly/returns.jsonl"),
];

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_by_all(&bytes);
    }

    #[test]
    fn a_spoiled_file_is_survived(which in 0..SOUND.len(), at in any::<prop::sample::Index>(), with in "[\"'<>&;,\\[\\]{}\n\0=/!-я]{0,3}", cut in 0_usize..4) {
        let mut bytes = SOUND[which].to_vec();
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, with.into_bytes());
        read_by_all(&bytes);
    }
}

#[test]
fn a_rows_mistake_leaves_its_neighbours() {
    let head = "iin,family,given,patronymic,birth_date,sex,citizenship\n";
    let row = |born: &str| format!("850315300019,Ким,Анна,,{born},Ж,KZ\n");
    let text = format!("{head}{}{}{}", row("15.03.1985"), row("15.13.1985"), row("15.03.1985"));
    let profile =
        Profile::built_in(State::Kz).unwrap().into_iter().find(|p| p.is_of("depositors.csv")).unwrap();
    let mut places = Vec::new();
    let findings = profile
        .read("f.csv", text.as_bytes(), &Limits::default(), &mut |_, place| places.push(place.to_owned()));
    assert_eq!(places, ["f.csv:2", "f.csv:4"]);
    assert_eq!(
        findings.unwrap().findings.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(),
        ["f.csv:3 birth_date"]
    );
}
