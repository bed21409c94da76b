//! What a site may learn of a member: claims, and the scopes that name several (OpenID Connect Core 1.0 §5.1, §5.4).

use std::collections::BTreeSet;

/// The scopes beside `openid` and `offline_access`, with their claims. `work` is ours.
pub const SCOPES: [(&str, &[&str]); 5] = [
    (
        "profile",
        &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
        ],
    ),
    ("email", &["email"]),
    ("phone", &["phone_number"]),
    ("address", &["address"]),
    ("work", &["company", "role", "bio", "skills", "links"]),
];

/// Every claim that a site can be registered for.
pub fn known() -> impl Iterator<Item = &'static str> {
    SCOPES.into_iter().flat_map(|(_, claims)| claims.iter().copied())
}

/// The claims that the words of a `scope` name; words that are not known name none (Core §3.1.2.1).
#[must_use]
pub fn of_scopes(scope: &str) -> BTreeSet<String> {
    let named = scope.split(' ').filter_map(|word| SCOPES.into_iter().find(|(name, _)| *name == word));
    named.flat_map(|(_, claims)| claims.iter().map(|claim| (*claim).to_owned())).collect()
}

/// The details that stand behind a claim: a whole name is made of its two halves, where the member gave no whole one.
#[must_use]
pub fn behind(claim: &str) -> &[&str] {
    match claim {
        "name" => &["given_name", "family_name"],
        _ => &[],
    }
}

/// Whether a member who gave `given` gave what `claim` says.
pub fn is_given(claim: &str, given: impl Fn(&str) -> bool) -> bool {
    let parts = behind(claim);
    given(claim) || (!parts.is_empty() && parts.iter().all(|part| given(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_its_claims_and_an_unknown_one_none() {
        let claims = of_scopes("openid email work everything");
        assert_eq!(
            claims.into_iter().collect::<Vec<_>>(),
            ["bio", "company", "email", "links", "role", "skills"]
        );
        assert_eq!(of_scopes("openid"), BTreeSet::new());
        assert_eq!(of_scopes("Email"), BTreeSet::new());
    }

    #[test]
    fn a_whole_name_is_given_with_both_halves_and_not_with_one() {
        assert!(is_given("name", |claim| claim == "name"));
        assert!(is_given("name", |claim| matches!(claim, "given_name" | "family_name")));
        assert!(!is_given("name", |claim| claim == "given_name"));
        assert!(!is_given("email", |claim| claim == "name"));
    }
}
