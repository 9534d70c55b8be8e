//! White space between the words of a text.

use std::borrow::Cow;

/// The text with its white space collapsed, as the tokens of XML Schema are: single blanks between words, none around
/// them. Most texts are so already.
pub fn collapsed(text: &str) -> Cow<'_, str> {
    if is_collapsed(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

fn is_collapsed(text: &str) -> bool {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return true;
    }
    let mut was_blank = true;
    for c in text.chars() {
        let is_blank = c == ' ';
        if (is_blank && was_blank) || (!is_blank && c.is_whitespace()) {
            return false;
        }
        was_blank = is_blank;
    }
    !was_blank || text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_kept_as_it_is_only_where_it_has_single_blanks() {
        assert!(["", "a", "а б", "a b c"].iter().all(|text| is_collapsed(text)));
        let others = [" a", "a ", "a  b", " ", "a\tb", "a\u{a0}b", "a\n", "\u{2003}"];
        assert!(!others.iter().any(|text| is_collapsed(text)));
    }

    proptest! {
        #[test]
        fn it_is_collapsed_as_words_are_joined(text in "[a \t\u{a0}ж]{0,8}") {
            let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(collapsed(&text), joined);
        }
    }
}
