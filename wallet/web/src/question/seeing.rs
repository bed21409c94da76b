//! Who sees each detail: at which spaces, and in which roles.

use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use wallet::{Question, shown};

use super::choosing::{audiences, seen_name};
use super::telling::View;
use crate::words::{and_list, detail};

/// Who sees one detail.
pub(super) struct Seen {
    pub(super) field: String,
    pub(super) label: String,
    /// How it is called in the form, what it is, and whether it is chosen.
    pub(super) options: Vec<(&'static str, String, bool)>,
    /// Everybody who sees it as it is chosen.
    pub(super) by: String,
}

impl View<'_> {
    /// A field for each detail that could be shared, once.
    pub(super) fn audiences(self) -> Vec<Seen> {
        let Self { words, question, selection } = self;
        if !question.asks_for_terms {
            return Vec::new();
        }
        let seen = what_can_be_given(question).into_iter().map(|claim| {
            let chosen = selection.audiences.get(&claim).copied().unwrap_or_default();
            let option = |(name, audience): (&'static str, Audience)| {
                (name, self.audience(audience), audience == chosen)
            };
            Seen {
                field: seen_name(&claim),
                label: detail(words, &claim),
                options: audiences(question).map(option).collect(),
                by: self.seen_by(chosen, seen_in_team(question, &claim)),
            }
        });
        seen.collect()
    }

    fn audience(self, audience: Audience) -> String {
        let brand = self.question.asker.brand.as_deref().map(shown).unwrap_or_default();
        match audience {
            Audience::Team => self.words.say("asks-see-team"),
            Audience::MembersHere => self.words.say("asks-see-members"),
            Audience::Brand => self.words.say_with("asks-see-brand", &[("brand", &brand)]),
            Audience::Public => self.words.say("asks-see-public"),
        }
    }

    /// Every space and role that sees it. Of a brand of which no other space is known, the brand.
    fn seen_by(self, audience: Audience, seen_in_team: SeenInTeam) -> String {
        let Self { words, question, .. } = self;
        let asker = &question.asker;
        let name = shown(&asker.name);
        match audience {
            Audience::Team => {
                let key = match seen_in_team {
                    SeenInTeam::Team => "seen-by-team",
                    SeenInTeam::OwnerAndManagers => "seen-by-owner-and-managers",
                    SeenInTeam::Owner => "seen-by-owner",
                };
                words.say_with(key, &[("space", &name)])
            }
            Audience::MembersHere => words.say_with("seen-by-members", &[("space", &name)]),
            Audience::Brand if asker.brand_sites.is_empty() => {
                let brand = asker.brand.as_deref().map(shown).unwrap_or_default();
                words.say_with("seen-by-whole-brand", &[("brand", &brand)])
            }
            Audience::Brand => {
                let others = asker.brand_sites.iter().map(|site| shown(&site.name));
                let sites: Vec<String> = std::iter::once(name).chain(others).collect();
                words.say_with("seen-by-brand", &[("spaces", &and_list(words, &sites))])
            }
            Audience::Public => words.say("seen-by-everybody"),
        }
    }
}

/// Who of the team sees it, as the space promises: the most of all the ways in which it is asked.
fn seen_in_team(question: &Question, name: &str) -> SeenInTeam {
    let options = question.groups.iter().flat_map(|group| &group.options);
    let claims = options.flat_map(|option| &option.answers).flat_map(|answer| &answer.claims);
    claims.filter(|claim| claim.claim == name).map(|claim| claim.seen_in_team).max().unwrap_or_default()
}

/// The names of what the member has of all that is asked, each once.
fn what_can_be_given(question: &Question) -> Vec<String> {
    let options = question.groups.iter().flat_map(|group| &group.options).filter(|option| option.available);
    let claims = options.flat_map(|option| &option.answers).flat_map(|answer| &answer.claims);
    let has: Vec<&String> = claims.map(|claim| &claim.claim).collect();
    question.asked().into_iter().filter(|name| has.contains(&name)).collect()
}
