use super::*;

fn read(value: &Value) -> Result<DeferredRequest, CredentialError> {
    DeferredRequest::from_members(value.as_object().unwrap())
}

#[test]
fn a_request_names_its_transaction_and_unknown_members_are_ignored() {
    let request = DeferredRequest { transaction_id: SecretText::new("t") };
    let mut value = request.to_value();
    value["unheard_of"] = json!(1);
    assert_eq!(read(&value).unwrap(), request);
    for other in [json!({}), json!({"transaction_id": ""}), json!({"transaction_id": 7})] {
        let error = read(&other).unwrap_err();
        assert_eq!((&error, error.code()), (&CredentialError::NoTransaction, "invalid_credential_request"));
    }
}

#[test]
fn who_waits_is_told_to_wait_at_least_a_second() {
    let id = SecretText::new("t");
    assert_eq!(waiting(&id, 3_600), json!({"transaction_id": "t", "interval": 3_600}));
    assert_eq!(waiting(&id, 0)["interval"], 1, "§8.3: a positive number");
}
