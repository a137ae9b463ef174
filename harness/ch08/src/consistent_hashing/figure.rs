//! What a join moves, against how many members there were.

use render::chart::{Chart, Series};

use super::Make;
use super::contract::Member;
use super::fleets::{Fleet, Keys};
use super::instance::Instance;

/// How many members there were before.
const SIZES: [u32; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 20, 24];

/// How many keys are counted.
const KEYS: u32 = 2_000;

/// Measures and draws.
///
/// # Errors
///
/// When a key is placed nowhere.
pub fn draw(make: Make) -> Result<Chart, String> {
    let (mut measured, mut ideal, mut modulo) = (Vec::new(), Vec::new(), Vec::new());
    for size in SIZES {
        let x = f64::from(size);
        ideal.push((x, 100.0 / (x + 1.0)));
        // Number `k` stays on `k mod n` if that is also `k mod n + 1`, which one in `n + 1` is.
        modulo.push((x, 100.0 * x / (x + 1.0)));
        measured.push((x, moved_percent(make, size)?));
    }
    let last = |points: &[(f64, f64)]| points.last().map_or(f64::NAN, |(_, y)| *y);
    let description = format!(
        "The share of the keys that move when one more member joins. With 24 members, {:.0} % of the keys move if keys are \
         numbered modulo the count of members; {:.1} % is the least that is possible, and {:.1} % were measured.",
        last(&modulo),
        last(&ideal),
        last(&measured),
    );
    Ok(Chart {
        title: "Keys that move when a member joins".to_owned(),
        description,
        x_title: "members before".to_owned(),
        y_title: "keys that move, in percent".to_owned(),
        series: vec![
            Series::ideal("the least possible", ideal),
            Series::measured("measured", measured),
            Series::measured("hash modulo count", modulo),
        ],
    })
}

fn moved_percent(make: Make, size: u32) -> Result<f64, String> {
    let fleet = Fleet((1..=size).map(|member| (member, 1)).collect());
    let mut placement = fleet.placement(make);
    let keys = Keys { first: 0, count: KEYS };
    let owners = |placement: &dyn Instance| {
        let owner = |(key, places): (String, Vec<Member>)| {
            places.first().copied().ok_or_else(|| format!("{key} is placed nowhere"))
        };
        keys.names().zip(placement.replicas(keys, 1)).map(owner).collect::<Result<Vec<_>, _>>()
    };
    let before = owners(&*placement)?;
    placement.join(Member(size + 1), 1);
    let after = owners(&*placement)?;
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    Ok(100.0 * moved as f64 / f64::from(KEYS))
}
