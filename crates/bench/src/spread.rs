/// The same measurement of several rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread {
    sorted: Vec<f64>,
}

impl FromIterator<f64> for Spread {
    fn from_iter<I: IntoIterator<Item = f64>>(rounds: I) -> Self {
        let mut sorted: Vec<_> = rounds.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }
}

impl Spread {
    /// The smallest value; not a number when nothing was measured.
    pub(crate) fn min(&self) -> f64 {
        self.sorted.first().copied().unwrap_or(f64::NAN)
    }

    /// The greatest value; not a number when nothing was measured.
    pub(crate) fn max(&self) -> f64 {
        self.sorted.last().copied().unwrap_or(f64::NAN)
    }

    /// The value in the middle, of two the mean; not a number when nothing was measured.
    pub(crate) fn median(&self) -> f64 {
        let upper = self.sorted.len() / 2;
        let lower = self.sorted.len().saturating_sub(1) / 2;
        match (self.sorted.get(lower), self.sorted.get(upper)) {
            (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
            _ => f64::NAN,
        }
    }
}

/// Round by round, what was measured first against what was measured second.
pub(crate) fn ratios(numerators: &[f64], denominators: &[f64]) -> Spread {
    numerators.iter().zip(denominators).map(|(a, b)| a / b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(value: f64) -> u64 {
        value.to_bits()
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let spread: Spread = [4.0, 1.0, 3.0, 2.0].into_iter().collect();
        assert_eq!(bits(spread.median()), bits(2.5));
        assert_eq!((bits(spread.min()), bits(spread.max())), (bits(1.0), bits(4.0)));
    }

    #[test]
    fn the_median_of_an_odd_number_is_the_one_in_the_middle() {
        let spread: Spread = [9.0, 1.0, 3.0].into_iter().collect();
        assert_eq!(bits(spread.median()), bits(3.0));
    }

    #[test]
    fn nothing_measured_is_not_a_number() {
        assert!(Spread::default().median().is_nan());
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let spread = ratios(&[10.0, 30.0], &[5.0, 10.0]);
        assert_eq!((bits(spread.min()), bits(spread.max())), (bits(2.0), bits(3.0)));
    }
}
