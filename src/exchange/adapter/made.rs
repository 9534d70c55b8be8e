//! What a row makes, value by value, before it is typed. It borrows of the row and of the profile what it need not change.

use arrayvec::ArrayString;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::Error as _;
use serde::de::IntoDeserializer;
use serde::de::Visitor;
use serde::de::value::Error;
use serde::de::value::MapDeserializer;
use serde::de::value::SeqDeserializer;
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::fmt::Display;
use std::fmt::Write;

/// A value, or several under their names.
pub(super) enum Made<'v> {
    /// A text.
    Text(Cow<'v, str>),
    /// A text of a few characters that was made of a value.
    Short(ArrayString<SHORT_BYTES>),
    /// Values under their names.
    Parts(Vec<(&'v str, Self)>),
    /// Values of one name.
    List(Vec<Self>),
}

impl<'v> Made<'v> {
    /// Nothing yet, with room for so many parts.
    pub(super) fn with_room(parts: usize) -> Self {
        Self::Parts(Vec::with_capacity(parts))
    }

    /// The text of a value.
    pub(super) fn shown(value: &impl Display) -> Self {
        let mut short = ArrayString::new();
        match write!(short, "{value}") {
            Ok(()) => Self::Short(short),
            Err(_no_room) => Self::Text(value.to_string().into()),
        }
    }

    /// The text, if it is one.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Short(text) => Some(text),
            Self::Parts(_) | Self::List(_) => None,
        }
    }

    /// How many values a list has.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Text(_) | Self::Short(_) | Self::Parts(_) => 0,
        }
    }

    /// The value at a path such as `period.interval.from`.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |here, step| match here {
            Self::Parts(parts) => parts.iter().find(|(name, _)| *name == step).map(|(_, part)| part),
            Self::Text(_) | Self::Short(_) | Self::List(_) => None,
        })
    }

    /// Sets the value at a path, making what is on the way; in a list it is added.
    pub(super) fn set(&mut self, path: impl Iterator<Item = &'v str>, value: Self, is_list: bool) {
        let mut here = self;
        for step in path {
            if !matches!(here, Self::Parts(_)) {
                *here = Self::Parts(Vec::new());
            }
            let Self::Parts(parts) = here else { return };
            let place = parts.iter().position(|(name, _)| *name == step).unwrap_or_else(|| {
                parts.push((step, Self::Parts(Vec::new())));
                parts.len().saturating_sub(1)
            });
            let Some((_, part)) = parts.get_mut(place) else { return };
            here = part;
        }
        match here {
            Self::List(items) => items.push(value),
            Self::Text(_) | Self::Short(_) | Self::Parts(_) => {
                *here = if is_list { Self::List(vec![value]) } else { value };
            }
        }
    }

    /// Takes a part out, as the type that it should be.
    ///
    /// # Errors
    /// It is not there, or not lawful.
    pub(super) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Error> {
        let Self::Parts(parts) = self else { return Err(Error::custom("no parts")) };
        let place = parts.iter().position(|(own, _)| *own == name);
        let (_, part) = parts.swap_remove(place.ok_or_else(|| Error::custom("no such part"))?);
        T::deserialize(part)
    }
}

impl<'de> Deserializer<'de> for Made<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Self::Short(text) => visitor.visit_str(&text),
            Self::Parts(parts) => visitor.visit_map(MapDeserializer::new(parts.into_iter())),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text = self.as_str().ok_or_else(|| Error::custom("no word"))?;
        visitor.visit_enum(text.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'v> IntoDeserializer<'v, Error> for Made<'v> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Longer than a day, a month and most amounts.
const SHORT_BYTES: usize = 28;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::adapter::KnownPerson;
    use crate::exchange::canonical::IdentifierKind;
    use jiff::civil::date;

    fn text(text: &str) -> Made<'_> {
        Made::Text(text.into())
    }

    #[test]
    fn a_tree_is_typed_as_the_same_json_is() {
        let mut made = Made::with_room(1);
        made.set("person.name.family".split('.'), text("Ким"), false);
        made.set("person.birth_date".split('.'), Made::shown(&date(1985, 3, 15)), false);
        for country in ["KZ", "RU"] {
            made.set("person.citizenships".split('.'), text(country), true);
        }
        let number = vec![("kind", text("iin")), ("value", Made::Text(Cow::Owned("850315300019".into())))];
        made.set("person.identifiers".split('.'), Made::Parts(number), true);
        assert_eq!(made.at("person.birth_date").and_then(Made::as_str), Some("1985-03-15"));
        assert_eq!(made.at("person.citizenships").map(Made::count), Some(2));
        assert!(made.at("person.sex").is_none() && made.at("person.birth_date.year").is_none());
        let person: KnownPerson = made.take("person").unwrap();
        let json = serde_json::json!({
            "name": { "family": "Ким" }, "birth_date": "1985-03-15", "citizenships": ["KZ", "RU"],
            "identifiers": [{ "kind": "iin", "value": "850315300019" }],
        });
        assert_eq!(person, serde_json::from_value(json).unwrap());
        assert_eq!(person.identifiers[0].identifier.kind(), IdentifierKind::Iin);
        assert!(made.take::<KnownPerson>("person").is_err(), "it was taken");
    }

    #[test]
    fn what_is_unlawful_or_not_known_is_refused() {
        for (path, value) in
            [("p.birth_date", "1985-02-30"), ("p.birthday", "1985-03-15"), ("p.name.given", " ")]
        {
            let mut made = Made::with_room(1);
            made.set(path.split('.'), text(value), false);
            assert!(made.take::<KnownPerson>("p").is_err(), "{path}");
        }
        let long = "9".repeat(SHORT_BYTES + 1);
        assert_eq!(Made::shown(&long).as_str(), Some(long.as_str()));
    }
}
