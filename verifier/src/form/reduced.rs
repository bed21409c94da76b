//! A form after a counter-offer: what is still asked, or why that would not do.

use credentials::ClaimsPath;
use network::counter_offer::CounterOffer;
use serde_json::{Value, json};

use super::{Field, Form, Need, Source, is_checked};

/// Why a counter-offer is none to this form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCounterOffer {
    /// It names something that the form does not ask for.
    #[error("the counter-offer names something that was not asked for")]
    NotAsked,
    /// It offers all that was asked, and that can be asked.
    #[error("the counter-offer offers no less than was asked for")]
    NothingLess,
}

/// Why the space cannot do with what is offered; the sentence is for the member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotEnough {
    /// The form cannot do without it.
    #[error("{claim} is needed{}", in_its_place(instead))]
    Needed {
        /// What.
        claim: String,
        /// What would be taken in its place.
        instead: Vec<String>,
    },
    /// Something else is not taken in its place.
    #[error("what was offered in the place of {claim} is not taken there{}", in_its_place(instead))]
    NotInstead {
        /// What was asked for.
        claim: String,
        /// What would be taken in its place.
        instead: Vec<String>,
    },
    /// The form cannot do without it, and the space may not ask for it.
    #[error("{0} is needed, but lies beyond what this space has registered: it cannot be asked anew")]
    NotRegistered(String),
    /// Nothing would be left to ask.
    #[error("nothing of what is offered can be asked for by itself")]
    NothingLeft,
}

fn in_its_place(instead: &[String]) -> String {
    match instead {
        [] => ", and nothing is taken in its place".to_owned(),
        some => format!("; in its place {} would be taken", some.join(" or ")),
    }
}

impl Form {
    /// The form that asks for no more than `offer` gives, and for nothing that `registered` (asked about a form of one
    /// part) says the space may not ask for.
    ///
    /// # Errors
    /// [`NoCounterOffer`] when the offer is none to this form.
    pub fn reduced(
        &self,
        offer: &CounterOffer,
        registered: impl Fn(&Self) -> bool,
    ) -> Result<Result<Self, NotEnough>, NoCounterOffer> {
        let asked: Vec<Value> = self.asked_paths();
        let replaceable: Vec<Value> = self.fields.iter().map(Field::path).collect();
        let named = |paths: &[Value], path: &ClaimsPath| paths.contains(&path.to_value());
        if !offer.offered.iter().all(|path| named(&asked, path))
            || !offer.instead.iter().all(|one| named(&replaceable, &one.of))
        {
            return Err(NoCounterOffer::NotAsked);
        }
        let reduced = self.less(offer, &registered);
        if reduced.as_ref().is_ok_and(|form| form.asked_paths() == asked) {
            return Err(NoCounterOffer::NothingLess);
        }
        Ok(reduced)
    }

    fn less(&self, offer: &CounterOffer, registered: &impl Fn(&Self) -> bool) -> Result<Self, NotEnough> {
        let offered: Vec<Value> = offer.offered.iter().map(ClaimsPath::to_value).collect();
        let all = |paths: &[Value]| paths.iter().all(|path| offered.contains(path));
        let mut form = self.without_parts();
        for field in &self.fields {
            let kept = field.after(offer, &offered)?;
            let Some(kept) = kept.map(|kept| self.no_wider(kept)) else { continue };
            if registered(&Self { fields: vec![kept.clone()], ..self.without_parts() }) {
                form.fields.push(kept);
            } else if kept.need == Need::Required {
                return Err(NotEnough::NotRegistered(kept.claim));
            }
        }
        form.passport = self.part(self.passport, "number", all(&passport_paths()), |need| {
            registered(&Self { passport: Some(need), ..self.without_parts() })
        })?;
        form.membership = self.part(self.membership, "since", all(&self.membership_paths()), |need| {
            registered(&Self { membership: Some(need), ..self.without_parts() })
        })?;
        for foreign in &self.foreign {
            let paths: Vec<Value> = foreign.claims.iter().map(|path| json!(path)).collect();
            let need = self.part(Some(foreign.need), &foreign.vct, all(&paths), |_| {
                registered(&Self { foreign: vec![foreign.clone()], ..self.without_parts() })
            })?;
            form.foreign.extend(need.map(|_| foreign.clone()));
        }
        if form.asked_paths().is_empty() { Err(NotEnough::NothingLeft) } else { Ok(form) }
    }

    /// What becomes of a part that goes as a whole.
    fn part(
        &self,
        need: Option<Need>,
        name: &str,
        is_offered: bool,
        registered: impl Fn(Need) -> bool,
    ) -> Result<Option<Need>, NotEnough> {
        let Some(need) = need else { return Ok(None) };
        if is_offered && registered(need) {
            return Ok(Some(need));
        }
        match (need, is_offered) {
            (Need::Optional, _) => Ok(None),
            (Need::Required, true) => Err(NotEnough::NotRegistered(name.to_owned())),
            (Need::Required, false) => Err(NotEnough::Needed { claim: name.to_owned(), instead: Vec::new() }),
        }
    }

    /// The form with everything that it asks for taken out, to be asked within the registration.
    fn without_parts(&self) -> Self {
        Self {
            fields: Vec::new(),
            passport: None,
            membership: None,
            foreign: Vec::new(),
            beyond_registration: false,
            ..self.clone()
        }
    }

    /// The names of everything that the form asks for, paths joined by `.`.
    pub(crate) fn asked_names(&self) -> Vec<String> {
        let name = |path: &Value| ClaimsPath::from_value(path).ok().map(|path| path.to_string());
        self.asked_paths().iter().filter_map(name).collect()
    }

    /// What is asked of a membership: also of which space it is, where that decides who may answer.
    pub(super) fn membership_paths(&self) -> Vec<Value> {
        let space = self.only.brand.then(|| json!(["space"]));
        std::iter::once(json!(["since"])).chain(space).collect()
    }

    /// The paths of everything that the form asks for.
    fn asked_paths(&self) -> Vec<Value> {
        let mut paths: Vec<Value> = self.fields.iter().map(Field::path).collect();
        paths.extend(self.passport.iter().flat_map(|_| passport_paths()));
        paths.extend(self.membership.iter().flat_map(|_| self.membership_paths()));
        paths.extend(self.foreign.iter().flat_map(|one| &one.claims).map(|path| json!(path)));
        paths
    }

    /// The form that names everything a registration for it must cover: what it asks, and what it would ask in the place
    /// of something. Of one that asks beyond the registration that is the latter alone; none where nothing is left.
    #[must_use]
    pub fn to_register(&self) -> Option<Self> {
        let mut form = if self.beyond_registration { self.without_parts() } else { self.clone() };
        for field in &self.fields {
            form.fields.extend(field.instead.iter().map(|claim| field.replaced(claim)));
        }
        for field in &mut form.fields {
            field.instead.clear();
        }
        (!form.asked_paths().is_empty()).then_some(form)
    }

    /// The form without the claims that `without` names, and with others in the place of some: what a team asks for
    /// when it asks again.
    ///
    /// # Errors
    /// The name that the form does not ask for.
    pub fn changed(&self, without: &[String], instead: &[(String, String)]) -> Result<Self, String> {
        let unknown = |claim: &&String| self.fields.iter().all(|field| field.claim != **claim);
        if let Some(claim) = without.iter().chain(instead.iter().map(|(of, _)| of)).find(unknown) {
            return Err(claim.clone());
        }
        let changed = |field: &Field| match instead.iter().find(|(of, _)| *of == field.claim) {
            Some((_, other)) => field.replaced(other),
            None => field.clone(),
        };
        let left = self.fields.iter().filter(|field| !without.contains(&field.claim));
        let fields = left.map(|field| self.no_wider(changed(field))).collect();
        Ok(Self { fields, ..self.clone() })
    }

    /// A field of a form that comes of this one: more of the team than this one's rules say see what it asks by no such change.
    fn no_wider(&self, field: Field) -> Field {
        let seen_in_team = field.seen_in_team.min(self.seen_in_team(&field.claim));
        Field { seen_in_team, ..field }
    }
}

impl Field {
    /// What the field asks after the offer; nothing where it is left out.
    fn after(&self, offer: &CounterOffer, offered: &[Value]) -> Result<Option<Self>, NotEnough> {
        if let Some(other) = offer.instead.iter().find(|one| one.of.to_value() == self.path()) {
            let accepted = self.instead.iter().find(|claim| path(claim) == other.offer.to_value());
            let not_taken =
                || NotEnough::NotInstead { claim: self.claim.clone(), instead: self.instead.clone() };
            return accepted.map(|claim| Some(self.replaced(claim))).ok_or_else(not_taken);
        }
        if offered.contains(&self.path()) {
            return Ok(Some(self.clone()));
        }
        match self.need {
            Need::Optional => Ok(None),
            Need::Required => {
                Err(NotEnough::Needed { claim: self.claim.clone(), instead: self.instead.clone() })
            }
        }
    }

    /// The field asking for `claim` instead, as much needed and kept as long.
    fn replaced(&self, claim: &str) -> Self {
        let source = if is_checked(claim) { self.source } else { Source::Own };
        Self { claim: claim.to_owned(), source, instead: Vec::new(), ..self.clone() }
    }
}

fn path(claim: &str) -> Value {
    Value::from(claim.split('.').collect::<Vec<_>>())
}

fn passport_paths() -> [Value; 2] {
    [json!(["number"]), json!(["did"])]
}

#[cfg(test)]
mod tests {
    use network::counter_offer::{Instead, path_of};

    use super::super::{Approval, ForeignCredential, SeenInTeam};
    use super::*;

    fn field(claim: &str, need: Need) -> Field {
        Field {
            claim: claim.to_owned(),
            need,
            source: Source::Checked,
            kept_days: Some(30),
            instead: Vec::new(),
            seen_in_team: SeenInTeam::Team,
        }
    }

    /// An e-mail address and a date of birth, or an age, and a name if the member likes.
    fn form() -> Form {
        Form {
            id: "sign-up".to_owned(),
            purpose: "membership".to_owned(),
            fields: vec![
                field("email", Need::Required),
                Field {
                    instead: vec!["age_equal_or_over.18".to_owned()],
                    ..field("birthdate", Need::Required)
                },
                field("given_name", Need::Optional),
            ],
            passport: Some(Need::Optional),
            membership: None,
            foreign: Vec::new(),
            terms: true,
            approval: Approval::Automatic,
            beyond_registration: true,
            ..Form::default()
        }
    }

    fn offer(offered: &[&str], instead: &[(&str, &str)]) -> CounterOffer {
        CounterOffer {
            request: "r".to_owned(),
            state: "s".to_owned(),
            offered: offered.iter().map(|claim| path_of(claim).unwrap()).collect(),
            instead: instead
                .iter()
                .map(|(of, other)| Instead { of: path_of(of).unwrap(), offer: path_of(other).unwrap() })
                .collect(),
        }
    }

    const OVER_18: (&str, &str) = ("birthdate", "age_equal_or_over.18");

    fn all(_: &Form) -> bool {
        true
    }

    fn names(form: &Form) -> Vec<&str> {
        form.fields.iter().map(|field| field.claim.as_str()).collect()
    }

    #[test]
    fn over_18_is_asked_in_the_place_of_the_date_of_birth_as_the_form_allows() {
        let reduced = form().reduced(&offer(&["email"], &[OVER_18]), all).unwrap().unwrap();
        assert_eq!(names(&reduced), ["email", "age_equal_or_over.18"]);
        assert_eq!(reduced.fields[1].need, Need::Required);
        assert_eq!(reduced.fields[1].kept_days, Some(30));
        assert_eq!(reduced.passport, None);
        assert!(!reduced.beyond_registration);
        assert!(reduced.compile().is_ok());
    }

    #[test]
    fn another_claim_than_the_form_allows_is_not_taken_in_the_place() {
        let over_21 = offer(&["email"], &[("birthdate", "age_equal_or_over.21")]);
        let refused = form().reduced(&over_21, all).unwrap().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "what was offered in the place of birthdate is not taken there; in its place age_equal_or_over.18 would be taken"
        );
        let for_the_name = offer(&["birthdate"], &[("email", "company")]);
        let refused = form().reduced(&for_the_name, all).unwrap().unwrap_err();
        assert!(
            matches!(refused, NotEnough::NotInstead { claim, instead } if claim == "email" && instead.is_empty())
        );
    }

    #[test]
    fn what_is_optional_may_be_left_out_and_what_is_needed_may_not() {
        let reduced = form().reduced(&offer(&["email", "birthdate"], &[]), all).unwrap().unwrap();
        assert_eq!(names(&reduced), ["email", "birthdate"]);
        let refused = form().reduced(&offer(&["email", "given_name"], &[]), all).unwrap().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "birthdate is needed; in its place age_equal_or_over.18 would be taken"
        );
        let refused = form().reduced(&offer(&["birthdate"], &[]), all).unwrap().unwrap_err();
        assert_eq!(refused.to_string(), "email is needed, and nothing is taken in its place");
    }

    #[test]
    fn half_a_passport_is_none() {
        let half = form().reduced(&offer(&["email", "birthdate", "number"], &[]), all).unwrap().unwrap();
        assert_eq!(half.passport, None);
        let whole = offer(&["email", "birthdate", "number", "did"], &[]);
        assert_eq!(form().reduced(&whole, all).unwrap().unwrap().passport, Some(Need::Optional));
        let needed = Form { passport: Some(Need::Required), ..form() };
        let refused = needed.reduced(&offer(&["email", "birthdate", "number"], &[]), all).unwrap();
        assert_eq!(refused, Err(NotEnough::Needed { claim: "number".to_owned(), instead: Vec::new() }));
    }

    #[test]
    fn a_foreign_credential_goes_or_stays_whole() {
        let foreign = ForeignCredential {
            vct: "urn:example:id:1".to_owned(),
            claims: vec![vec![json!("address"), json!("country")], vec![json!("nationalities"), json!(0)]],
            need: Need::Optional,
        };
        let form = Form { foreign: vec![foreign], ..form() };
        let half =
            form.reduced(&offer(&["email", "birthdate", "address.country"], &[]), all).unwrap().unwrap();
        assert!(half.foreign.is_empty());
        let mut whole = offer(&["email", "birthdate", "address.country"], &[]);
        whole.offered.push(ClaimsPath::from_value(&json!(["nationalities", 0])).unwrap());
        assert_eq!(form.reduced(&whole, all).unwrap().unwrap().foreign.len(), 1);
    }

    #[test]
    fn what_lies_beyond_the_registration_is_not_asked_anew() {
        let without =
            |claim: &'static str| move |one: &Form| one.fields.iter().all(|field| field.claim != claim);
        let everything = offer(&["email", "birthdate", "given_name", "number", "did"], &[]);
        let reduced = form().reduced(&everything, without("given_name")).unwrap().unwrap();
        assert_eq!(names(&reduced), ["email", "birthdate"]);
        let refused = form().reduced(&everything, without("birthdate")).unwrap();
        assert_eq!(refused, Err(NotEnough::NotRegistered("birthdate".to_owned())));
        let refused =
            form().reduced(&offer(&["email"], &[OVER_18]), without("age_equal_or_over.18")).unwrap();
        assert_eq!(refused, Err(NotEnough::NotRegistered("age_equal_or_over.18".to_owned())));
    }

    #[test]
    fn an_offer_of_everything_or_of_something_else_is_none() {
        let everything = offer(&["email", "birthdate", "given_name", "number", "did"], &[]);
        assert_eq!(form().reduced(&everything, all), Err(NoCounterOffer::NothingLess));
        assert_eq!(form().reduced(&offer(&["email", "company"], &[]), all), Err(NoCounterOffer::NotAsked));
        let not_a_field = offer(&["email"], &[("number", "age_equal_or_over.18")]);
        assert_eq!(form().reduced(&not_a_field, all), Err(NoCounterOffer::NotAsked));
    }

    #[test]
    fn where_nothing_is_left_nothing_is_asked() {
        let optional = Form { fields: vec![field("email", Need::Optional)], ..form() };
        let refused = optional.reduced(&offer(&["email"], &[]), |_| false).unwrap();
        assert_eq!(refused, Err(NotEnough::NothingLeft));
    }

    #[test]
    fn what_would_be_asked_instead_is_registered_and_what_lies_beyond_is_not() {
        let beyond = form().to_register().unwrap();
        assert_eq!(names(&beyond), ["age_equal_or_over.18"]);
        assert_eq!((beyond.passport, beyond.beyond_registration), (None, false));
        let plain = Form { beyond_registration: false, ..form() }.to_register().unwrap();
        assert_eq!(names(&plain), ["email", "birthdate", "given_name", "age_equal_or_over.18"]);
        assert_eq!(plain.passport, Some(Need::Optional));
        assert!(plain.compile().is_ok());
        let mut nothing = form();
        nothing.fields[1].instead.clear();
        assert_eq!(nothing.to_register(), None);
    }

    #[test]
    fn a_team_takes_out_and_replaces_what_the_form_asks_and_nothing_else() {
        let over_18 = (OVER_18.0.to_owned(), OVER_18.1.to_owned());
        let changed = form().changed(&["given_name".to_owned()], &[over_18]).unwrap();
        assert_eq!(names(&changed), ["email", "age_equal_or_over.18"]);
        assert_eq!(form().changed(&["company".to_owned()], &[]), Err("company".to_owned()));
        let unknown = [("company".to_owned(), "bio".to_owned())];
        assert_eq!(form().changed(&[], &unknown), Err("company".to_owned()));
    }

    /// The rules of the form count, also where what they are about is asked in another's place, or what lies around it no more.
    #[test]
    fn nothing_is_seen_by_more_of_the_team_than_the_form_says_by_being_asked_otherwise() {
        let seen = |claim: &str, seen_in_team| Field { seen_in_team, ..field(claim, Need::Required) };
        let form = Form {
            fields: vec![
                seen("birthdate", SeenInTeam::Owner),
                Field { instead: vec!["birthdate".to_owned()], ..seen("company", SeenInTeam::Team) },
                seen("address", SeenInTeam::OwnerAndManagers),
                seen("address.locality", SeenInTeam::Team),
            ],
            ..form()
        };
        let instead = [("company".to_owned(), "birthdate".to_owned())];
        let changed = form.changed(&["birthdate".to_owned(), "address".to_owned()], &instead).unwrap();
        let seen_in = |form: &Form, claims: [&str; 2]| claims.map(|claim| form.seen_in_team(claim));
        let narrow = [SeenInTeam::Owner, SeenInTeam::OwnerAndManagers];
        assert_eq!(seen_in(&changed, ["birthdate", "address.locality"]), narrow);
        let other = [("company".to_owned(), "bio".to_owned())];
        let changed = form.changed(&["birthdate".to_owned()], &other).unwrap();
        assert_eq!(changed.seen_in_team("bio"), SeenInTeam::Team, "no rule is about it");
        let optional = |field: Field| Field { need: Need::Optional, ..field };
        let form = Form { fields: form.fields.into_iter().map(optional).collect(), ..form };
        let offer = offer(&["address.locality"], &[("company", "birthdate")]);
        let reduced = form.reduced(&offer, all).unwrap().unwrap();
        assert_eq!(names(&reduced), ["birthdate", "address.locality"]);
        assert_eq!(seen_in(&reduced, ["birthdate", "address.locality"]), narrow);
    }
}
