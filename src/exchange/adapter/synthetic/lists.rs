//! The words of which invented persons are made.

use crate::exchange::canonical::State;

pub(super) const POSITIONS: [&str; 10] = [
    "инженер",
    "бухгалтер",
    "слесарь-ремонтник",
    "водитель автомобиля",
    "учитель",
    "медицинская сестра",
    "электрогазосварщик",
    "продавец",
    "машинист крана",
    "программист",
];

pub(super) const EMPLOYERS: [&str; 8] = [
    "ООО Северный завод",
    "АО Энергосеть",
    "Строительный трест",
    "Городская больница",
    "Школа",
    "Фабрика Заря",
    "Автопарк",
    "Комбинат «Степь»",
];

/// In Russian or Latin letters, and as written at home.
pub(super) fn families(state: State) -> &'static [(&'static str, &'static str)] {
    match state {
        State::Am => &[
            ("Petrosyan", "Պետրոսյան"),
            ("Sargsyan", "Սարգսյան"),
            ("Hakobyan", "Հակոբյան"),
            ("Grigoryan", "Գրիգորյան"),
            ("Harutyunyan", "Հարությունյան"),
            ("Vardanyan", "Վարդանյան"),
        ],
        State::By => {
            &[("Ковалёв", ""), ("Новик", ""), ("Жук", ""), ("Козлов", ""), ("Климович", ""), ("Казак", "")]
        }
        State::Kg => {
            &[("Асанов", ""), ("Токтогулов", ""), ("Бекмуратов", ""), ("Осмонов", ""), ("Жумабаев", "")]
        }
        State::Kz => &[
            ("Ахметов", ""),
            ("Оспанов", ""),
            ("Нурланов", ""),
            ("Серіков", ""),
            ("Ким", ""),
            ("Әбдіров", ""),
        ],
        State::Ru => {
            &[("Иванов", ""), ("Петров", ""), ("Сидоров", ""), ("Хасанов", ""), ("Ким", ""), ("Щукин", "")]
        }
    }
}

pub(super) fn given(state: State, is_male: bool) -> &'static [(&'static str, &'static str)] {
    match (state, is_male) {
        (State::Am, true) => &[("Aram", "Արամ"), ("Tigran", "Տիգրան"), ("Hayk", "Հայկ"), ("Gevorg", "Գևորգ")],
        (State::Am, false) => &[("Anahit", "Անահիտ"), ("Lilit", "Լիլիթ"), ("Mariam", "Մարիամ")],
        (State::By, true) => &[("Алесь", ""), ("Дмитрий", ""), ("Виктор", ""), ("Иван", "")],
        (State::By, false) => &[("Алеся", ""), ("Ольга", ""), ("Наталья", "")],
        (State::Kg, true) => &[("Азамат", ""), ("Бакыт", ""), ("Нурлан", "")],
        (State::Kg, false) => &[("Айгуль", ""), ("Жылдыз", ""), ("Нурзат", "")],
        (State::Kz, true) => &[("Ерлан", ""), ("Нұрлан", ""), ("Асхат", ""), ("Данияр", "")],
        (State::Kz, false) => &[("Айгерім", ""), ("Әлия", ""), ("Гүлнар", "")],
        (State::Ru, true) => &[("Пётр", ""), ("Семён", ""), ("Рустам", ""), ("Олег", "")],
        (State::Ru, false) => &[("Анна", ""), ("Елена", ""), ("Юлия", "")],
    }
}

pub(super) fn of_a_woman(family: &str) -> String {
    let has_form = ["ов", "ев", "ёв", "ин"].iter().any(|ending| family.ends_with(ending));
    if has_form { format!("{family}а") } else { family.to_owned() }
}

pub(super) fn patronymic(father: &str, of_a_man: bool) -> String {
    let stem = father.trim_end_matches(['ь', 'й']);
    format!("{stem}{}", if of_a_man { "ович" } else { "овна" })
}
