//! Where the ticks of an axis go.
//!
//! Steps are 1, 2 or 5 times a power of ten, after Heckbert, "Nice Numbers for Graph Labels" (Graphics Gems, 1990):
//! people count in those. Whole-number quantities never get a step below 1, as there is no half worker.

use crate::explain::thousands;

/// The scale of one axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    /// The value at its beginning, a multiple of the step.
    pub from: f64,
    /// The value at its end, a multiple of the step.
    pub to: f64,
    step: f64,
    decimals: usize,
}

impl Axis {
    /// An axis from zero over all `values`, with at most `most_steps` steps.
    pub fn over(values: impl Iterator<Item = f64>, most_steps: usize) -> Self {
        let (mut low, mut high, mut whole) = (0.0_f64, 0.0_f64, true);
        for value in values {
            assert!(value.is_finite(), "the points of a chart are finite, not {value}");
            (low, high) = (low.min(value), high.max(value));
            whole &= value.fract() == 0.0;
        }
        if low == high {
            high = 1.0;
        }
        // One too fine at least, so that nothing hangs on the last digit of a logarithm, which machines differ in.
        let mut exponent = ((high - low) / most_steps as f64).log10().floor() as i32 - 1;
        if whole {
            exponent = exponent.max(0);
        }
        loop {
            for digit in [1.0, 2.0, 5.0] {
                let step = scaled(digit, exponent);
                let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
                if last - first <= most_steps as f64 {
                    let decimals = usize::try_from(-exponent).unwrap_or(0);
                    return Axis { from: first * step, to: last * step, step, decimals };
                }
            }
            exponent += 1;
        }
    }

    /// The values that are marked, from the lowest to the highest.
    pub fn ticks(&self) -> Vec<f64> {
        let steps = ((self.to - self.from) / self.step).round() as usize;
        (0..=steps).map(|step| self.from + step as f64 * self.step).collect()
    }

    /// Where `value` is between the beginning, 0, and the end, 1.
    pub fn place(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    /// How a tick is labelled.
    pub fn label(&self, tick: f64) -> String {
        let digits = format!("{:.*}", self.decimals, tick.abs());
        let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
        let grouped = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
        let sign = if tick < 0.0 && digits.contains(|c| c > '0') { "-" } else { "" };
        let point = if decimals.is_empty() { "" } else { "." };
        format!("{sign}{grouped}{point}{decimals}")
    }
}

/// `digit` times ten to the power of `exponent`. Dividing by a power is exact where multiplying by its inverse is not.
fn scaled(digit: f64, exponent: i32) -> f64 {
    if exponent < 0 { digit / 10_f64.powi(-exponent) } else { digit * 10_f64.powi(exponent) }
}
