//! Numbers measured over and over.

/// The same quantity, once a round.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Takes one more.
    pub fn push(&mut self, sample: f64) {
        self.0.push(sample);
    }

    /// The quotients, round by round.
    pub fn over(&self, other: &Samples) -> Samples {
        Samples(self.0.iter().zip(&other.0).map(|(one, other)| one / other).collect())
    }

    /// The one in the middle.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
        (sorted[low] + sorted[high]) / 2.0
    }

    /// The lowest.
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The highest.
    pub fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Median, lowest and highest.
    pub fn show(&self, one: impl Fn(f64) -> String) -> [String; 2] {
        [one(self.median()), format!("{} – {}", one(self.min()), one(self.max()))]
    }
}

/// A count with a comma after every three digits.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A ratio with as many digits as it deserves.
pub fn times(ratio: f64) -> String {
    let decimals = if ratio < 10.0 { 2 } else { 1 };
    format!("{ratio:.decimals$} ×")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_an_odd_and_between_the_middle_two_of_an_even_number() {
        assert_eq!(Samples(vec![9.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(Samples(vec![9.0, 1.0, 2.0, 4.0]).median(), 3.0);
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let (one, other) = (Samples(vec![10.0, 20.0]), Samples(vec![1.0, 4.0]));
        assert_eq!(one.over(&other).0, [10.0, 5.0]);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([grouped(999.6), grouped(1_234_567.0), grouped(12.0)], ["1,000", "1,234,567", "12"]);
        assert_eq!([times(0.384), times(12.34)], ["0.38 ×", "12.3 ×"]);
    }
}
