//! What the texts of the generated world are made of, besides names of trades and skills.

use crate::base::Finding;
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::LanguageCode;

/// The languages of the world: Russian, which most know, then those of four states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Languages {
    pub(super) all: [LanguageCode; 5],
}

impl Languages {
    pub(super) fn new() -> Result<Self, Finding> {
        Ok(Self { all: ["ru".parse()?, "kk".parse()?, "ky".parse()?, "hy".parse()?, "be".parse()?] })
    }

    /// The first language of a state, and the other one that posts are written in there.
    pub(super) fn of(&self, state: State) -> [LanguageCode; 2] {
        let [russian, kazakh, kyrgyz, armenian, belarusian] = self.all;
        let first = match state {
            State::Kz => kazakh,
            State::Kg => kyrgyz,
            State::By => belarusian,
            State::Am => armenian,
            State::Ru => russian,
        };
        [first, russian]
    }
}

/// Heads of codes of the states' registers of places.
pub(super) fn regions_of(state: State) -> &'static [&'static str] {
    match state {
        State::Ru => &["77", "78", "54", "66", "16"],
        State::Kz => &["71", "75", "55", "19", "11"],
        State::By => &["1", "2", "3", "5", "6"],
        State::Kg => &["41701", "41703", "41704", "41706"],
        State::Am => &["ER", "SH", "LO"],
    }
}

/// The parts of a text in one language.
pub(super) struct Phrases {
    /// Before or after a title.
    pub(super) decorations: &'static [&'static str],
    pub(super) duties: &'static str,
    pub(super) demands: &'static str,
    /// What any employer says.
    pub(super) common: &'static [&'static str],
}

pub(super) fn phrases(language: LanguageCode) -> Phrases {
    match language.as_code() {
        "kk" => Phrases {
            decorations: &["тәжірибелі", "жоғары санатты", "вахталық әдіспен"],
            duties: "Міндеттері",
            demands: "Талаптар",
            common: &[
                "Уақытында төленетін жалақы, толық әлеуметтік пакет",
                "Ұжымда жұмыс істей білу, жауапкершілік",
                "Тұрғын үй мен тамақ беріледі",
                "Жұмысқа тез арада шығу қажет",
                "Еңбек кодексіне сәйкес ресімдеу",
            ],
        },
        "ky" => Phrases {
            decorations: &["тажрыйбалуу", "жогорку категориядагы", "вахталык ыкма менен"],
            duties: "Милдеттери",
            demands: "Талаптар",
            common: &[
                "Өз убагында төлөнүүчү эмгек акы, толук социалдык пакет",
                "Жамаатта иштей билүү, жоопкерчилик",
                "Жашоочу жай жана тамак берилет",
                "Жумушка тез арада чыгуу керек",
                "Эмгек кодексине ылайык тариздөө",
            ],
        },
        "hy" => Phrases {
            decorations: &["փորձառու", "բարձր կարգի", "հերթափոխով"],
            duties: "Պարտականություններ",
            demands: "Պահանջներ",
            common: &[
                "Ժամանակին վճարվող աշխատավարձ, սոցիալական փաթեթ",
                "Թիմում աշխատելու կարողություն, պատասխանատվություն",
                "Տրամադրվում է բնակարան և սնունդ",
                "Անհրաժեշտ է շտապ սկսել աշխատանքը",
                "Ձևակերպում աշխատանքային օրենսգրքով",
            ],
        },
        "be" => Phrases {
            decorations: &["з вопытам", "вышэйшай катэгорыі", "вахтавым метадам"],
            duties: "Абавязкі",
            demands: "Патрабаванні",
            common: &[
                "Своечасовая зарплата, поўны сацыяльны пакет",
                "Уменне працаваць у калектыве, адказнасць",
                "Прадастаўляецца жыллё і харчаванне",
                "Тэрмінова патрабуецца на пастаянную працу",
                "Афармленне паводле Працоўнага кодэкса",
            ],
        },
        _ => Phrases {
            decorations: &["с опытом работы", "высшей категории", "вахтовым методом", "4 разряда"],
            duties: "Обязанности",
            demands: "Требования",
            common: &[
                "Своевременная заработная плата, полный социальный пакет",
                "Умение работать в коллективе, ответственность",
                "Предоставляется жильё и питание",
                "Срочно требуется на постоянную работу",
                "Оформление по Трудовому кодексу",
            ],
        },
    }
}
