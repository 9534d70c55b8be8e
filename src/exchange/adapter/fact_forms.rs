//! The built-in profiles of facts and of events in people's lives. They are no part of a record.

pub(super) const FACT_FORMS: [(&str, &str); 20] = [
    ("am/benefits.toml", include_str!("../../../schemas/profiles/am/benefits.toml")),
    ("am/cards.toml", include_str!("../../../schemas/profiles/am/cards.toml")),
    ("am/facts.toml", include_str!("../../../schemas/profiles/am/facts.toml")),
    ("am/life-events.toml", include_str!("../../../schemas/profiles/am/life-events.toml")),
    ("by/disability.toml", include_str!("../../../schemas/profiles/by/disability.toml")),
    ("by/facts.toml", include_str!("../../../schemas/profiles/by/facts.toml")),
    ("by/families.toml", include_str!("../../../schemas/profiles/by/families.toml")),
    ("by/life-events.toml", include_str!("../../../schemas/profiles/by/life-events.toml")),
    ("kg/facts.toml", include_str!("../../../schemas/profiles/kg/facts.toml")),
    ("kg/life-events.toml", include_str!("../../../schemas/profiles/kg/life-events.toml")),
    ("kg/residence.toml", include_str!("../../../schemas/profiles/kg/residence.toml")),
    ("kz/accounts.toml", include_str!("../../../schemas/profiles/kz/accounts.toml")),
    ("kz/facts.toml", include_str!("../../../schemas/profiles/kz/facts.toml")),
    ("kz/family-cards.toml", include_str!("../../../schemas/profiles/kz/family-cards.toml")),
    ("kz/identities.toml", include_str!("../../../schemas/profiles/kz/identities.toml")),
    ("kz/life-events.toml", include_str!("../../../schemas/profiles/kz/life-events.toml")),
    ("kz/wallets.toml", include_str!("../../../schemas/profiles/kz/wallets.toml")),
    ("ru/facts.toml", include_str!("../../../schemas/profiles/ru/facts.toml")),
    ("ru/life-events.toml", include_str!("../../../schemas/profiles/ru/life-events.toml")),
    ("ru/measures.toml", include_str!("../../../schemas/profiles/ru/measures.toml")),
];
