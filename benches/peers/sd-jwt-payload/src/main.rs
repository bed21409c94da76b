//! sd-jwt-payload: brings no cryptography of its own; signing and checking are aws-lc-rs here, its best case.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, ParsedPublicKey, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use peer::{check_claims, fixture, measure, now, pkcs8, point, tampered, texts};
use pollster::block_on;
use sd_jwt_payload::{
    Hasher, JsonObject, JwsSigner, KeyBindingJwtBuilder, RequiredKeyBinding, SdJwt, SdJwtBuilder, Sha256Hasher,
};
use serde_json::{Value, json};

struct Key(EcdsaKeyPair);

impl Key {
    fn new(jwk: &Value) -> Self {
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8(jwk)).unwrap())
    }
}

#[async_trait::async_trait]
impl JwsSigner for Key {
    type Error = String;

    async fn sign(&self, header: &JsonObject, payload: &JsonObject) -> Result<Vec<u8>, String> {
        let mut text = BASE64.encode(serde_json::to_vec(header).unwrap());
        text.push('.');
        BASE64.encode_string(serde_json::to_vec(payload).unwrap(), &mut text);
        let signature =
            self.0.sign(&SystemRandom::new(), text.as_bytes()).map_err(|error| error.to_string())?;
        text.push('.');
        BASE64.encode_string(signature, &mut text);
        Ok(text.into_bytes())
    }
}

fn main() {
    let fixture = fixture();
    let (issuer, holder) = (Key::new(&fixture["issuer"]), Key::new(&fixture["holder"]));
    let mut claims = fixture["claims"].clone();
    claims.as_object_mut().unwrap().remove("cnf");
    let confirmed = peer::public(&fixture["holder"]).as_object().unwrap().clone();
    let (pointers, wanted) = (texts(&fixture, "pointers"), texts(&fixture, "disclose"));
    let (audience, nonce) = (fixture["audience"].as_str().unwrap(), fixture["nonce"].as_str().unwrap());
    let header = json!({"typ": "dc+sd-jwt"}).as_object().unwrap().clone();
    let issue = || {
        let mut builder = SdJwtBuilder::new(claims.clone()).unwrap().headers(header.clone());
        for pointer in &pointers {
            builder = builder.make_concealable(pointer).unwrap();
        }
        let builder = builder.require_key_binding(RequiredKeyBinding::Jwk(confirmed.clone()));
        block_on(builder.finish(&issuer, "ES256")).unwrap().presentation()
    };
    let credential = issue();
    let hasher = Sha256Hasher::new();
    let present = || {
        let mut builder =
            SdJwt::parse(&credential).unwrap().into_presentation(&hasher).unwrap().conceal_all();
        for pointer in &wanted {
            builder = builder.disclose(pointer).unwrap();
        }
        let (mut presentation, _) = builder.finish();
        let binding = KeyBindingJwtBuilder::new()
            .iat(i64::try_from(now()).unwrap())
            .aud(audience)
            .nonce(nonce)
            .finish(&presentation, &hasher, "ES256", &holder);
        presentation.attach_key_binding_jwt(block_on(binding).unwrap());
        presentation.presentation()
    };
    let issuer_public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(&fixture["issuer"])).unwrap();
    let verify = |text: &str| -> Result<JsonObject, String> {
        let (signed, _) = text.split_once('~').unwrap();
        let (message, signature) = signed.rsplit_once('.').unwrap();
        issuer_public
            .verify_sig(message.as_bytes(), &BASE64.decode(signature).unwrap())
            .map_err(|_| "the issuer's signature")?;
        let token = SdJwt::parse(text).map_err(|error| error.to_string())?;
        let Some(RequiredKeyBinding::Jwk(confirmed)) = token.required_key_bind() else {
            return Err("no key".into());
        };
        let holder = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(&Value::Object(confirmed.clone())));
        let (body, binding) = text.rsplit_once('~').unwrap();
        let (message, signature) = binding.rsplit_once('.').unwrap();
        holder
            .verify(message.as_bytes(), &BASE64.decode(signature).unwrap())
            .map_err(|_| "the holder's signature")?;
        let bound = token.key_binding_jwt().unwrap().claims();
        let hash = hasher.encoded_digest(&format!("{body}~"));
        if bound.aud != audience || bound.nonce != nonce || bound.sd_hash != hash {
            return Err("the key binding is about something else".into());
        }
        token.into_disclosed_object(&hasher).map_err(|error| error.to_string())
    };
    let presentation = present();
    check_claims(&Value::Object(verify(&presentation).unwrap()));
    assert!(verify(&tampered(&presentation)).is_err());
    measure("issue", issue);
    measure("present", present);
    measure("verify", || verify(&presentation).unwrap());
}
