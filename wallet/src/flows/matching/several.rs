//! Several credentials for one query (OpenID4VP 1.0 §6.1 `multiple`).

/// Up to so many credentials each combination is offered; of more, all of them.
const MOST_COMBINED: usize = 4;

/// The ways to give more than one of `all` together, the fewest first: one, and those beside it. `key` tells under which key a
/// type of ours lies; where one key alone is taken, two under different keys do not go together.
pub(super) fn together<'k>(
    all: Vec<usize>,
    one_key_only: bool,
    key: impl Fn(usize) -> Option<&'k str>,
) -> Vec<(usize, Vec<usize>)> {
    let is_taken = |combined: &Vec<usize>| {
        let mut keys = combined.iter().filter_map(|one| key(*one));
        let first = keys.next();
        !one_key_only || keys.all(|key| Some(key) == first)
    };
    let mut combined = if all.len() > MOST_COMBINED { vec![all] } else { combinations(&all) };
    combined.retain(|one| one.len() > 1 && is_taken(one));
    combined.sort_by_key(Vec::len);
    combined
        .into_iter()
        .filter_map(|one| one.split_first().map(|(first, rest)| (*first, rest.to_vec())))
        .collect()
}

/// Every subset, each in the order of `all`.
fn combinations(all: &[usize]) -> Vec<Vec<usize>> {
    all.iter().fold(vec![Vec::new()], |mut combinations, one| {
        let with = |before: &Vec<usize>| before.iter().copied().chain([*one]).collect();
        let longer: Vec<Vec<usize>> = combinations.iter().map(with).collect();
        combinations.extend(longer);
        combinations
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(count: usize, one_key_only: bool, key: fn(usize) -> Option<&'static str>) -> Vec<usize> {
        let together = together((0..count).collect(), one_key_only, key);
        together.iter().map(|(_, further)| further.len() + 1).collect()
    }

    #[test]
    fn a_few_are_offered_in_every_combination_and_many_all_together() {
        let free = |_: usize| None;
        assert!(sizes(0, true, free).is_empty() && sizes(1, true, free).is_empty());
        assert_eq!(sizes(2, true, free), [2]);
        assert_eq!(sizes(3, true, free), [2, 2, 2, 3]);
        assert_eq!(sizes(5, true, free), [5]);
        assert_eq!(together(vec![7, 9], true, free), [(7, vec![9])]);
    }

    #[test]
    fn our_types_under_different_keys_go_together_only_where_that_is_taken() {
        let apart = |one: usize| Some(["a", "b", "b"][one]);
        assert_eq!(sizes(3, false, apart), [2, 2, 2, 3]);
        assert_eq!(together(vec![0, 1, 2], true, apart), [(1, vec![2])]);
        let foreign_beside = |one: usize| (one == 0).then_some("a");
        assert_eq!(sizes(2, true, foreign_beside), [2]);
    }
}
