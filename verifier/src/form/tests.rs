use super::*;

fn field(claim: &str, need: Need, source: Source) -> Field {
    Field {
        claim: claim.to_owned(),
        need,
        source,
        kept_days: None,
        instead: Vec::new(),
        seen_in_team: SeenInTeam::Team,
    }
}

fn form(fields: Vec<Field>) -> Form {
    Form {
        id: "sign-up".to_owned(),
        purpose: "membership".to_owned(),
        fields,
        passport: None,
        membership: None,
        foreign: Vec::new(),
        terms: true,
        approval: Approval::Automatic,
        beyond_registration: false,
        ..Form::default()
    }
}

fn sets(compiled: &CompiledForm) -> Value {
    compiled.query["credential_sets"].clone()
}

#[test]
fn required_checked_claims_are_one_query_in_one_set() {
    let compiled = form(vec![
        field("email", Need::Required, Source::Checked),
        field("given_name", Need::Required, Source::Checked),
    ])
    .compile()
    .unwrap();
    assert_eq!(
        compiled.query["credentials"][0]["claims"],
        json!([{"path":["email"]},{"path":["given_name"]}])
    );
    assert_eq!(
        sets(&compiled),
        json!([
            {"options": [["profile"]], "required": true},
            {"options": [["terms"]], "required": false}
        ])
    );
}

#[test]
fn a_claim_that_may_be_either_is_two_queries_and_a_set_of_two_options() {
    let compiled = form(vec![field("given_name", Need::Required, Source::Either)]).compile().unwrap();
    assert_eq!(
        sets(&compiled)[0],
        json!({"options": [["profile_given_name"], ["own_given_name"]], "required": true})
    );
    assert_eq!(compiled.meanings["profile_given_name"], Meaning::Profile);
    assert_eq!(compiled.meanings["own_given_name"], Meaning::Own);
}

#[test]
fn a_claim_no_office_checks_has_only_the_members_word() {
    let compiled = form(vec![field("company", Need::Optional, Source::Either)]).compile().unwrap();
    assert_eq!(sets(&compiled)[0], json!({"options": [["own_company"]], "required": false}));
    let error = form(vec![field("company", Need::Required, Source::Checked)]).compile().unwrap_err();
    assert_eq!(error, FormError::NeverChecked("company".to_owned()));
}

#[test]
fn a_form_that_asks_nothing_twice_or_with_an_odd_name_is_refused() {
    assert_eq!(form(Vec::new()).compile().unwrap_err(), FormError::Empty);
    let twice = vec![field("bio", Need::Optional, Source::Own), field("bio", Need::Required, Source::Own)];
    assert_eq!(form(twice).compile().unwrap_err(), FormError::Twice("bio".to_owned()));
    for name in ["", "a b", ".a", "a.", "a..b", "é"] {
        let error = form(vec![field(name, Need::Optional, Source::Own)]).compile().unwrap_err();
        assert_eq!(error, FormError::BadName, "{name:?}");
    }
}

#[test]
fn terms_are_asked_only_where_an_answering_key_exists() {
    let mut foreign = form(Vec::new());
    foreign.foreign.push(ForeignCredential {
        vct: "urn:example:demo-id:1".to_owned(),
        claims: vec![vec![json!("address"), json!("country")], vec![json!("nationalities"), json!(0)]],
        need: Need::Required,
    });
    let compiled = foreign.compile().unwrap();
    assert_eq!(compiled.meanings.keys().collect::<Vec<_>>(), ["foreign_0"]);
    assert_eq!(compiled.query["credentials"][0]["claims"][1], json!({"path": ["nationalities", 0]}));
}

#[test]
fn every_query_stands_in_a_set_and_every_set_names_queries() {
    let compiled = form(vec![
        field("email", Need::Required, Source::Checked),
        field("given_name", Need::Required, Source::Either),
        field("company", Need::Required, Source::Own),
        field("birthdate", Need::Optional, Source::Checked),
        field("bio", Need::Optional, Source::Own),
    ])
    .compile()
    .unwrap();
    let named: std::collections::BTreeSet<String> = sets(&compiled)
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|set| set["options"].as_array().unwrap().clone())
        .map(|option| option[0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(named, compiled.meanings.keys().cloned().collect());
}

#[test]
fn a_claim_within_another_is_asked_by_its_path_and_an_age_must_be_reached() {
    let compiled = form(vec![
        field("age_equal_or_over.18", Need::Required, Source::Checked),
        field("address.locality", Need::Optional, Source::Own),
    ])
    .compile()
    .unwrap();
    assert_eq!(
        compiled.query["credentials"][0]["claims"],
        json!([{"path": ["age_equal_or_over", "18"], "values": [true]}])
    );
    assert_eq!(compiled.query["credentials"][1]["id"], "own_address-locality");
    assert_eq!(compiled.query["credentials"][1]["claims"], json!([{"path": ["address", "locality"]}]));
    let one_id = vec![field("a.b", Need::Optional, Source::Own), field("a-b", Need::Optional, Source::Own)];
    assert_eq!(form(one_id).compile().unwrap_err(), FormError::Twice("a-b".to_owned()));
}

#[test]
fn what_is_taken_in_a_claims_place_is_as_well_formed_as_the_claim() {
    let with = |instead: &str| {
        let birthdate = Field {
            instead: vec![instead.to_owned()],
            ..field("birthdate", Need::Required, Source::Checked)
        };
        form(vec![birthdate, field("email", Need::Required, Source::Checked)]).compile()
    };
    assert!(with("age_equal_or_over.18").is_ok());
    assert_eq!(with("age_equal_or_over.18").unwrap(), {
        let plain = vec![
            field("birthdate", Need::Required, Source::Checked),
            field("email", Need::Required, Source::Checked),
        ];
        form(plain).compile().unwrap()
    });
    assert_eq!(with("age equal"), Err(FormError::BadName));
    assert_eq!(with("email"), Err(FormError::Twice("email".to_owned())));
    assert_eq!(with("company"), Err(FormError::NeverChecked("company".to_owned())));
}

#[test]
fn a_field_is_found_by_what_it_asks_and_by_what_that_lies_in() {
    let asked = form(vec![
        field("age_equal_or_over.18", Need::Required, Source::Checked),
        field("age_equal_or_over.21", Need::Optional, Source::Checked),
        field("address", Need::Optional, Source::Own),
    ]);
    let found = |claim: &str| asked.field(claim).map(|field| field.claim.as_str());
    assert_eq!(found("age_equal_or_over.21"), Some("age_equal_or_over.21"));
    assert_eq!(found("age_equal_or_over"), Some("age_equal_or_over.18"));
    assert_eq!(found("address.locality"), Some("address"));
    assert_eq!(found("addressee"), None);
}
