//! By what the asker and other spaces could tell that they have the same member.

use super::{AskedClaim, Question, Selection};

/// Details that the asker would have in common with the very same other spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The names of the details.
    pub details: Vec<String>,
    /// The names of the other spaces.
    pub others: Vec<String>,
}

impl Question {
    /// What `selection` would let the asker and others tell: once for each set of spaces.
    #[must_use]
    pub fn links(&self, selection: &Selection) -> Vec<Link> {
        links(self.picked(selection).flat_map(|answer| &answer.claims))
    }

    /// The same of all that the member has and could choose.
    #[must_use]
    pub fn possible_links(&self) -> Vec<Link> {
        let options = self.groups.iter().flat_map(|group| &group.options).filter(|option| option.available);
        links(options.flat_map(|option| &option.answers).flat_map(|answer| &answer.claims))
    }
}

fn links<'a>(claims: impl Iterator<Item = &'a AskedClaim>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for claim in claims.filter(|claim| !claim.also_given_to.is_empty()) {
        match links.iter_mut().find(|link| link.others == claim.also_given_to) {
            Some(link) if link.details.contains(&claim.claim) => {}
            Some(link) => link.details.push(claim.claim.clone()),
            None => {
                links.push(Link { details: vec![claim.claim.clone()], others: claim.also_given_to.clone() })
            }
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::super::tests::{claim, option, question};
    use super::super::{Group, Possibility};
    use super::*;

    fn known_to(name: &str, others: &[&str]) -> Possibility {
        let others = others.iter().map(|other| (*other).to_owned()).collect();
        option(name, vec![AskedClaim { also_given_to: others, ..claim(name) }], true)
    }

    #[test]
    fn details_are_named_together_where_the_same_spaces_have_them_and_only_what_is_picked() {
        let group = |options| Group { needed: false, options };
        let question = question(vec![
            group(vec![known_to("email", &["Harbour"]), known_to("email", &["Harbour"])]),
            group(vec![known_to("phone_number", &["Harbour"])]),
            group(vec![known_to("bio", &["Harbour", "Loft"])]),
            group(vec![known_to("company", &[])]),
        ]);
        let link = |details: &[&str], others: &[&str]| Link {
            details: details.iter().map(|one| (*one).to_owned()).collect(),
            others: others.iter().map(|one| (*one).to_owned()).collect(),
        };
        let picked = |picks: [Option<usize>; 4]| {
            question.links(&Selection { picks: picks.to_vec(), ..Selection::default() })
        };
        assert_eq!(picked([None, None, None, Some(0)]), []);
        assert_eq!(picked([Some(1), None, None, Some(0)]), [link(&["email"], &["Harbour"])]);
        let all = [link(&["email", "phone_number"], &["Harbour"]), link(&["bio"], &["Harbour", "Loft"])];
        assert_eq!(picked([Some(0), Some(0), Some(0), None]), all);
        assert_eq!(question.possible_links(), all);
    }
}
