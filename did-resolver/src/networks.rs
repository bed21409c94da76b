//! What the networks around those who ask may take while others want some too.
//!
//! Whoever has a network has as many clients in it as they like. So one network may take half of what there is and no more while it
//! has more than its part; as long as there is plenty, nobody is refused anything for what its neighbours do.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Where less than half is left, a network that has one of so many parts of the whole gets nothing more.
const PARTS: usize = 16;

tokio::task_local! {
    static NETWORK: IpAddr;
}

/// Runs `task` as the answer to a question from `network`. Of the room for calls it gets what a network may have. What is asked for
/// without this, as by commands, is nobody's neighbour.
pub async fn asked_from<T>(network: IpAddr, task: impl Future<Output = T>) -> T {
    NETWORK.scope(network, task).await
}

/// The network that asks, if this is the answer to somebody's question.
pub(crate) fn asking() -> Option<IpAddr> {
    NETWORK.try_with(|network| *network).ok()
}

/// So much of something for all networks together; cheap to clone, clones count together.
#[derive(Clone, Debug)]
pub struct Shares {
    whole: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_networks: HashMap<IpAddr, usize>,
}

/// What somebody has of it; it is given back when this goes.
#[derive(Debug)]
pub struct Share {
    shares: Shares,
    network: Option<IpAddr>,
    amount: usize,
}

impl Shares {
    /// Shares of `whole`.
    #[must_use]
    pub fn of(whole: usize) -> Self {
        Self { whole, taken: Arc::default() }
    }

    /// So much for somebody in `network`, if it is there and the network may have it.
    #[must_use]
    pub fn take(&self, network: IpAddr, amount: usize) -> Option<Share> {
        self.take_up_to(self.whole, Some(network), amount)
    }

    /// So much for somebody who waits until it is there, if the network may have it. What is waited for counts as taken: a network
    /// that had nothing yet would fill the queue otherwise, and everybody would wait behind it.
    pub(crate) fn take_or_wait(&self, network: Option<IpAddr>, amount: usize) -> Option<Share> {
        self.take_up_to(usize::MAX, network, amount)
    }

    fn take_up_to(&self, most: usize, network: Option<IpAddr>, amount: usize) -> Option<Share> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let in_all = taken.in_all.checked_add(amount).filter(|in_all| *in_all <= most)?;
        if let Some(network) = network {
            let of_network = taken.by_networks.get(&network).copied().unwrap_or_default();
            let is_scarce = in_all > self.whole / 2;
            if is_scarce && of_network > 0 && of_network >= self.whole / PARTS {
                return None;
            }
            taken.by_networks.insert(network, of_network.saturating_add(amount));
        }
        taken.in_all = in_all;
        Some(Share { shares: self.clone(), network, amount })
    }
}

impl Share {
    /// Gives back what is more than `amount`.
    pub(crate) fn keep(&mut self, amount: usize) {
        let surplus = self.amount.saturating_sub(amount);
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all = taken.in_all.saturating_sub(surplus);
        if let Some(network) = self.network {
            let left = taken.by_networks.get(&network).map_or(0, |of_it| of_it.saturating_sub(surplus));
            // No network is remembered that has nothing.
            if left == 0 {
                taken.by_networks.remove(&network);
            } else {
                taken.by_networks.insert(network, left);
            }
        }
        self.amount = self.amount.saturating_sub(surplus);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.keep(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> IpAddr {
        IpAddr::from([192, 0, number, 0])
    }

    fn fill(shares: &Shares, network: IpAddr, amount: usize) -> Vec<Share> {
        std::iter::from_fn(|| shares.take(network, amount)).collect()
    }

    #[test]
    fn one_network_has_half_of_the_whole_and_each_other_at_least_its_part() {
        let whole = Shares::of(1_600);
        let first = fill(&whole, network(1), 10);
        assert_eq!(first.len(), 80);
        // What is left is given out in parts, each with one share of the last one more at most.
        let others: Vec<usize> = (2..12)
            .map(|number| {
                let shares = fill(&whole, network(number), 10);
                let count = shares.len();
                std::mem::forget(shares);
                count
            })
            .collect();
        assert_eq!(others, [10, 10, 10, 10, 10, 10, 10, 10, 0, 0]);
        drop(first);
        assert!(whole.take(network(12), 10).is_some());
    }

    #[test]
    fn as_long_as_there_is_plenty_nobody_is_refused_for_the_neighbours() {
        let whole = Shares::of(1_600);
        let of_one = fill(&whole, network(1), 10);
        drop(of_one);
        let all: Vec<Vec<Share>> =
            (1..=8).map(|number| (0..10).filter_map(|_| whole.take(network(number), 10)).collect()).collect();
        assert!(all.iter().all(|shares| shares.len() == 10));
        assert_eq!(fill(&whole, network(9), 10).len(), 10);
    }

    #[test]
    fn what_is_larger_than_a_part_is_given_where_its_network_has_nothing() {
        let whole = Shares::of(1_600);
        let _half = fill(&whole, network(1), 10);
        let large = whole.take(network(2), 300);
        assert!(large.is_some());
        assert!(whole.take(network(2), 1).is_none());
        assert!(whole.take(network(3), 501).is_none(), "there is no more than there is");
        assert!(whole.take(network(3), 500).is_some());
        drop(large);
        assert!(whole.take(network(2), 1).is_some());
        assert!(whole.take(network(4), usize::MAX).is_none());
    }

    #[test]
    fn nothing_at_all_is_always_there() {
        let whole = Shares::of(10);
        let _all = whole.take(network(1), 10).unwrap();
        assert!(whole.take(network(2), 0).is_some());
    }

    #[test]
    fn what_is_waited_for_counts_and_who_is_no_neighbour_is_never_refused() {
        let whole = Shares::of(32);
        let _all: Vec<Share> = (0..32).filter_map(|_| whole.take_or_wait(None, 1)).collect();
        let waiting: Vec<Option<Share>> = (0..3).map(|_| whole.take_or_wait(Some(network(1)), 1)).collect();
        assert_eq!(waiting.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
        assert!(whole.take_or_wait(None, 32).is_some());
        assert!(whole.take_or_wait(Some(network(2)), 1).is_some());
        assert!(whole.take(network(2), 1).is_none(), "who does not wait gets only what is there");
    }

    #[test]
    fn what_is_given_back_early_is_given_back_once() {
        let whole = Shares::of(100);
        let mut share = whole.take(network(1), 90).unwrap();
        share.keep(40);
        share.keep(60);
        assert!(whole.take(network(2), 61).is_none());
        assert!(whole.take(network(2), 60).is_some());
        drop(share);
        assert!(whole.taken.lock().unwrap().by_networks.is_empty());
        assert_eq!(fill(&whole, network(2), 100).len(), 1);
    }
}
