//! What of the history a page shows: what stands in its address.

use environment::Date;
use url::form_urlencoded::Serializer;
use wallet::{HistoryFilter, HistoryKind};
use web::form::Fields;

use super::HISTORY;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What of the history is shown. What fits nothing counts as not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    pub(super) kind: Option<HistoryKind>,
    pub(super) party: Option<String>,
    pub(super) since: Option<Date>,
    /// The last day.
    pub(super) until: Option<Date>,
    pub(super) from: usize,
}

impl View {
    pub(super) fn of(query: &str) -> Self {
        let fields = Fields::parse(query).unwrap_or_default();
        let said = |name: &str| fields.optional(name).filter(|text| !text.is_empty());
        let day = |name: &str| said(name).and_then(Date::parse);
        Self {
            kind: said("kind").and_then(|name| HistoryKind::ALL.into_iter().find(|kind| kind.name() == name)),
            party: said("space").map(str::to_owned),
            since: day("since"),
            until: day("until"),
            from: said("from").and_then(|from| from.parse().ok()).unwrap_or(0),
        }
    }

    /// What the wallet did by itself, and nothing else.
    pub(super) fn by_itself() -> Self {
        Self { kind: Some(HistoryKind::ByItself), ..Self::default() }
    }

    pub(super) fn filter(&self) -> HistoryFilter {
        HistoryFilter {
            kind: self.kind,
            leaves_out: self.leaves_out(),
            party: self.party.clone(),
            since: self.since.map(|day| day.start().seconds()),
            before: self.until.map(|day| day.start().seconds().saturating_add(DAY)),
        }
    }

    /// What nobody had a part in stands between what the member did: it is shown where it is chosen.
    fn leaves_out(&self) -> Option<HistoryKind> {
        self.kind.is_none().then_some(HistoryKind::ByItself)
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.filter() != Self::default().filter()
    }

    /// The address of what is shown from another entry on.
    pub(super) fn address(&self, from: usize) -> String {
        let mut query = Serializer::new(String::new());
        let day = |day: Date| day.to_string();
        for (name, value) in [
            ("kind", self.kind.map(|kind| kind.name().to_owned())),
            ("space", self.party.clone()),
            ("since", self.since.map(day)),
            ("until", self.until.map(day)),
            ("from", (from > 0).then(|| from.to_string())),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        match query.finish() {
            query if query.is_empty() => HISTORY.to_owned(),
            query => format!("{HISTORY}?{query}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_shown_and_what_fits_nothing_is_not_said() {
        let view = View::of("kind=follow-up&space=abc&since=2026-11-01&until=2026-11-30&from=50");
        assert_eq!(
            view.address(100),
            "/history?kind=follow-up&space=abc&since=2026-11-01&until=2026-11-30&from=100"
        );
        assert_eq!(View::of(view.address(50).trim_start_matches("/history?")), view);
        let filter = view.filter();
        assert_eq!(
            (filter.since, filter.before),
            (Some(1_793_491_200), Some(1_796_083_200)),
            "the last day too"
        );
        assert_eq!(View::of("kind=x&since=yesterday&from=-1&space=").filter(), View::default().filter());
        assert_eq!(View::of("&&").address(0), "/history");
    }

    #[test]
    fn what_the_wallet_does_by_itself_is_left_out_until_it_is_chosen() {
        let left_out = |query| View::of(query).filter().leaves_out;
        assert_eq!(left_out(""), Some(HistoryKind::ByItself));
        assert_eq!(left_out("space=abc"), Some(HistoryKind::ByItself));
        assert_eq!((left_out("kind=by-itself"), left_out("kind=request")), (None, None));
        let chosen = View::of("kind=by-itself");
        assert_eq!(chosen.filter().kind, Some(HistoryKind::ByItself));
        assert_eq!((chosen.is_filtered(), View::of("").is_filtered()), (true, false));
    }
}
