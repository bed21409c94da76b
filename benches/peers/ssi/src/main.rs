//! ssi: SD-JWT and token status lists. Its P-256 is the pure Rust one.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use peer::{check_claims, fixture, measure, now, public, status_bits, tampered, texts};
use pollster::block_on;
use serde_json::{Value, json};
use ssi::claims::VerificationParameters;
use ssi::claims::jws::JwsPayload;
use ssi::claims::jwt::{AnyClaims, JWTClaims};
use ssi::claims::sd_jwt::{ConcealJwtClaims, KbJwtPayload, SdAlg, SdJwt, SdJwtBuf};
use ssi::status::token_status_list::json::{JsonStatusList, StatusListJwtPrivateClaims};
use ssi::status::token_status_list::{BitString, StatusListToken, StatusSize};
use ssi::status::{EncodedStatusMap, StatusMap};
use ssi::{JWK, JsonPointerBuf};

fn main() {
    let fixture = fixture();
    credentials(&fixture);
    status_lists(&fixture);
}

fn jwk(value: &Value) -> JWK {
    serde_json::from_value(value.clone()).unwrap()
}

fn pointers(fixture: &Value, name: &str) -> Vec<JsonPointerBuf> {
    texts(fixture, name).into_iter().map(|text| JsonPointerBuf::new(text.to_owned()).unwrap()).collect()
}

fn credentials(fixture: &Value) {
    let (issuer, holder) = (jwk(&fixture["issuer"]), jwk(&fixture["holder"]));
    let issuer_public = jwk(&public(&fixture["issuer"]));
    let claims: JWTClaims<AnyClaims> = serde_json::from_value(fixture["claims"].clone()).unwrap();
    let (all, wanted) = (pointers(fixture, "pointers"), pointers(fixture, "disclose"));
    let (audience, nonce) = (fixture["audience"].as_str().unwrap(), fixture["nonce"].as_str().unwrap());
    let issue = || block_on(claims.conceal_and_sign(SdAlg::Sha256, &all, &issuer)).unwrap();
    let credential = issue().to_string();
    let present = || -> SdJwtBuf {
        let revealed = SdJwt::new(&credential).unwrap().decode_reveal_any().unwrap();
        let mut presentation = revealed.retaining(&wanted).into_encoded();
        let payload =
            KbJwtPayload::new(audience.to_owned(), nonce.to_owned(), SdAlg::Sha256, &presentation);
        presentation.set_kb(&block_on(payload.sign(&holder)).unwrap());
        presentation
    };
    let verify = |text: &str| -> Result<Value, String> {
        let presented = SdJwt::new(text).map_err(|error| error.to_string())?;
        let parameters = VerificationParameters::from_resolver(&issuer_public);
        let (revealed, outcome) = block_on(presented.decode_reveal_verify_any(&parameters))
            .map_err(|error| error.to_string())?;
        outcome.map_err(|error| error.to_string())?;
        let binding = presented.decode_kb().map_err(|error| error.to_string())?.ok_or("no key binding")?;
        let bound = &binding.signing_bytes.payload;
        let fits = bound.aud == audience && bound.nonce.0 == nonce;
        if !fits || !bound.sd_hash.verify(revealed.sd_alg, presented) {
            return Err("the key binding is about something else".to_owned());
        }
        let claims = serde_json::to_value(revealed.claims()).unwrap();
        let confirmed: JWK =
            serde_json::from_value(claims["cnf"]["jwk"].clone()).map_err(|error| error.to_string())?;
        let parameters = VerificationParameters::from_resolver(confirmed);
        block_on(binding.verify(&parameters))
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())?;
        Ok(claims)
    };
    let presentation = present().to_string();
    check_claims(&verify(&presentation).unwrap());
    assert!(verify(&tampered(&presentation)).is_err());
    measure("issue", issue);
    measure("present", present);
    measure("verify", || verify(&presentation).unwrap());
}

fn status_lists(fixture: &Value) {
    let issuer = jwk(&fixture["issuer"]);
    let bits = status_bits(usize::try_from(fixture["status_entries"].as_u64().unwrap()).unwrap());
    let index = usize::try_from(fixture["status_index"].as_u64().unwrap()).unwrap();
    let size = StatusSize::try_from(1).unwrap();
    let build = || {
        let packed = BitString::new_with(size, bits.len(), |place| bits[place]).unwrap();
        let list = JsonStatusList::encode(&packed, flate2::Compression::default());
        let claims = json!({"sub": "https://office.example.org/status/1", "iat": now(), "ttl": 3600,
            "iss": "https://office.example.org", "status_list": list});
        let claims: JWTClaims<StatusListJwtPrivateClaims> = serde_json::from_value(claims).unwrap();
        block_on(claims.sign(&issuer)).unwrap().to_string()
    };
    let token = build();
    let check = || {
        let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: JWTClaims<StatusListJwtPrivateClaims> = serde_json::from_slice(&payload).unwrap();
        StatusListToken::Jwt(claims).decode().unwrap().get_by_key(None, index).unwrap().unwrap()
    };
    assert_eq!(check(), bits[index]);
    measure("status_list_build", build);
    measure("status_check_cold", check);
}
