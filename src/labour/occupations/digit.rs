//! The control digit of Russian classifiers.

/// The control digit of a code: its digits weighed 1, 2, 3, … 10 from the left, added, modulo 11; where that gives 10,
/// weighed 3, 4, 5, …; where that gives 10 again, 0 (`labour.md`, section 4.2). None if it has other signs than digits.
pub fn control_digit(code: &str) -> Option<u32> {
    let digits = code.chars().map(|c| c.to_digit(10)).collect::<Option<Vec<u32>>>()?;
    let rest = |first: u32| {
        let weights = (1..=10).cycle().skip_while(move |weight| *weight < first);
        digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11
    };
    match (rest(1), rest(3)) {
        _ if digits.is_empty() => None,
        (10, 10) => Some(0),
        (10, second) => Some(second),
        (first, _) => Some(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eleven published codes of ОКЗ and the two of ОКПДТР.
    #[test]
    fn published_codes_have_their_digits() {
        for published in [
            "11-3", "12-5", "111-6", "112-9", "1111-7", "1112-3", "1113-7", "1114-0", "1120-9", "2411-6",
            "2611-8", "10065-6", "23369-9",
        ] {
            let (code, digit) = published.split_once('-').unwrap();
            assert_eq!(control_digit(code), digit.parse().ok(), "{published}");
        }
        assert_eq!(control_digit("46"), Some(5), "1·4 + 2·6 leaves 5");
        assert_eq!(control_digit("24"), Some(0), "1·2 + 2·4 leaves 10, 3·2 + 4·4 leaves 0");
        assert_eq!(control_digit("02"), Some(4));
        assert_eq!((control_digit(""), control_digit("12a")), (None, None));
    }
}
