//! Many candidates: kept by type, they give what looking at each of them gives.

use proptest::prelude::*;

use super::*;

/// Credentials of ten types, each with a claim of its number.
fn wallet(count: usize) -> Vec<(String, Map<String, Value>)> {
    let credential = |number: usize| (format!("urn:t:{}", number % 10), object(json!({ "number": number })));
    (0..count).map(credential).collect()
}

fn candidates(wallet: &[(String, Map<String, Value>)]) -> Vec<Candidate<'_>> {
    let candidate =
        |(vct, claims)| Candidate { vct, claims, holder_bound: true, authority_key_identifiers: &[] };
    wallet.iter().map(|(vct, claims)| candidate((vct.as_str(), claims))).collect()
}

fn asking(types: &[&str], claim: Value) -> Query {
    let meta = if types.is_empty() { json!({}) } else { json!({ "vct_values": types }) };
    parse(&one(json!({ "meta": meta, "claims": [claim] }))).unwrap()
}

fn found(matches: &Matches<'_>) -> Vec<usize> {
    matches.of("q").unwrap().candidates.iter().map(|found| found.candidate).collect()
}

#[test]
fn of_a_thousand_credentials_those_of_the_type_are_found_in_order() {
    let wallet = wallet(1_000);
    let all = candidates(&wallet);
    let kept = Candidates::new(all.clone());
    let number = || json!({"path": ["number"]});
    let one_type = asking(&["urn:t:3"], number());
    assert_eq!(found(&one_type.evaluate_indexed(&kept)), (3..1_000).step_by(10).collect::<Vec<_>>());
    let two =
        asking(&["urn:t:7", "urn:t:3", "urn:t:7"], json!({"path": ["number"], "values": [13, 7, 27, 18]}));
    assert_eq!(found(&two.evaluate_indexed(&kept)), [7, 13, 27]);
    assert_eq!(found(&asking(&[], number()).evaluate_indexed(&kept)).len(), 1_000);
    assert!(found(&asking(&["urn:t:10"], number()).evaluate_indexed(&kept)).is_empty());
    assert!(kept.all().iter().map(|one| one.claims).eq(all.iter().map(|one| one.claims)));
}

#[test]
fn those_of_other_types_are_not_looked_at() {
    let wallet = wallet(30);
    let kept = Candidates::new(candidates(&wallet));
    let looked_at = |types: &[&str]| -> Vec<usize> {
        let query = asking(types, json!({"path": ["number"]}));
        kept.wanted_by(&query.credentials()[0]).map(|(position, _)| position).collect()
    };
    assert_eq!(looked_at(&["urn:t:3"]), [3, 13, 23]);
    assert_eq!(looked_at(&["urn:t:4", "urn:t:3", "urn:t:4"]), [3, 4, 13, 14, 23, 24]);
    assert_eq!(looked_at(&[]), (0..30).collect::<Vec<_>>());
    let mdoc = parse(&json!({"credentials": [{"id": "q", "format": "mso_mdoc", "meta": {}}]})).unwrap();
    assert_eq!(kept.wanted_by(&mdoc.credentials()[0]).count(), 0);
}

proptest! {
    #[test]
    fn kept_by_type_or_not_the_same_candidates_answer(
        types in prop::collection::vec(0..12_usize, 0..4),
        values in prop::collection::vec(0..60_usize, 0..20),
    ) {
        let wallet = wallet(50);
        let types: Vec<String> = types.iter().map(|number| format!("urn:t:{number}")).collect();
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        let mut claim = json!({"path": ["number"]});
        if !values.is_empty() {
            claim["values"] = json!(values);
        }
        let query = asking(&types, claim);
        let each = query.evaluate(&candidates(&wallet));
        let kept = candidates(&wallet).into_iter().collect();
        let kept = query.evaluate_indexed(&kept);
        prop_assert_eq!(&each.of("q").unwrap().candidates, &kept.of("q").unwrap().candidates);
    }
}
