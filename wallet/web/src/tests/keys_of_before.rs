//! A wallet that a host made before the keys of its wallets lay in browsers: it opens by its passkey, nothing of it is lost, its pages say
//! what it is, and it can be carried away.

use jose::base64url;
use serde_json::Value;
use wallet::testing::{file_begun, key_of};
use wallet::{CredentialId, NewPasskey, NewWay, PasskeySecret, PrfSalt, Secret, VaultId};

use super::carrying::FILE_WORDS;
use super::*;

/// What a passkey gives, as the script of those days and of now derives it.
fn passkey() -> Split {
    Split::passkey(&base64url::encode([1; 32]), &[9; 32])
}

fn secret() -> PasskeySecret {
    let fields = passkey().fields;
    let field = |name: &str| fields.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let credential = CredentialId::parse(field("credential")).unwrap();
    PasskeySecret::of_text(credential, &field("key")).unwrap()
}

/// A host with such a wallet, in which a detail stands, and its name.
async fn host() -> (Host, VaultId) {
    let host = Host::new(Making::by_anybody());
    let id = VaultId::parse(&base64url::encode([5; 16])).unwrap();
    let new = NewPasskey { secret: secret(), salt: PrfSalt::usual(), name: "Phone".to_owned() };
    host.desks.vaults().make(&id, &NewWay::Passkey(&new), None).await.unwrap();
    (host, id)
}

async fn opened<'a>(host: &'a Host, id: &VaultId) -> Browser<'a> {
    let mut browser = host.browser();
    let csrf = browser.get("/unlock?other=1").await.csrf("/unlock/passkey");
    let fields = [("csrf", csrf.as_str()), ("handle", id.as_str())];
    let opened = browser.post_with(&fields, "/unlock/passkey", &passkey().fields).await;
    assert_eq!(opened.location.as_deref(), Some("/"), "{}", opened.text);
    browser
}

const SAID: &str = "This wallet was made before wallets here kept their keys in the browser.";

#[tokio::test]
async fn it_opens_by_its_passkey_and_says_on_each_page_what_it_is() {
    let (host, id) = host().await;
    let mut browser = opened(&host, &id).await;
    for path in ["/", "/details", "/spaces", "/ways", "/export", "/recovery"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text.contains(SAID), "{path}: {}", page.text);
        // Locking and opening it again would help nobody.
        assert!(!page.text.contains("Lock the wallet and open it again"), "{path}");
    }
    let told: Value = serde_json::from_str(&browser.get("/keys/session").await.text).unwrap();
    assert_eq!(
        told["wrapped"],
        serde_json::json!({"passphrase": null, "passkeys": {}, "recovery_code": null})
    );
    // The near miss: one that was made since.
    let mut since = host.member("heron").await;
    let page = since.get("/").await.text;
    assert!(!page.contains(SAID) && page.contains("data-keys-missing"), "{page}");
}

#[tokio::test]
async fn nothing_in_it_is_lost_and_no_way_in_is_added_that_leads_to_no_keys() {
    let (host, id) = host().await;
    let mut browser = opened(&host, &id).await;
    let csrf = browser.get("/details").await.csrf("/details");
    browser.post("/details", &[("csrf", &csrf), ("email", "ada@example.org")]).await;
    let page = browser.get("/ways").await;
    let (csrf, salt) = (page.csrf("/ways/passkeys"), page.field("/ways/passkeys", "salt"));
    let other = Split::passkey(&base64url::encode([2; 32]), &[8; 32]);
    let mut fields = other.fields.clone();
    fields.push(("keys", base64url::encode([0; 60])));
    let sent = [("csrf", csrf.as_str()), ("salt", &salt), ("name", "Desk")];
    let refused = browser.post_with(&sent, "/ways/passkeys", &fields).await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER, "{}", refused.text);
    let csrf = browser.get("/").await.csrf("/lock");
    browser.post("/lock", &[("csrf", &csrf)]).await;
    let mut again = opened(&host, &id).await;
    assert!(again.get("/details").await.text.contains("ada@example.org"));
}

#[tokio::test]
async fn carried_away_and_brought_along_again_its_keys_are_the_browsers() {
    let (host, id) = host().await;
    let mut browser = opened(&host, &id).await;
    let csrf = browser.get("/details").await.csrf("/details");
    browser.post("/details", &[("csrf", &csrf), ("bio", "Potter of the harbour")]).await;
    let page = browser.get("/export").await;
    assert!(page.text.contains("data-keys=") && !page.text.contains("data-holder-keys"), "{}", page.text);
    let csrf = page.csrf("/export");
    let begun = file_begun(FILE_WORDS, Cost::LEAST, None).await.unwrap();
    let mut fields = vec![("csrf", csrf.as_str()), ("purpose", "keep")];
    fields.extend(begun.iter().map(|(name, value)| (*name, value.as_str())));
    let file = browser.bytes("/export", &fields).await;
    // The vault is the one that it was.
    let vault = host.desks.vaults().find(&id).await.unwrap().unwrap();
    assert!(!key_of(&vault.unlock(Secret::Passkey(&secret())).await.unwrap()).is_empty());
    let csrf = browser.get("/close").await.csrf("/close");
    let closed = browser.post("/close", &[("csrf", &csrf), ("sure", "yes")]).await;
    assert_eq!(closed.location.as_deref(), Some("/closed"));
    let mut again = host.browser();
    assert_eq!(again.bring_to_host(&file, FILE_WORDS, &[]).await.status, StatusCode::SEE_OTHER);
    let page = again.get("/details").await.text;
    assert!(page.contains("Potter of the harbour") && page.contains("data-keys-missing"), "{page}");
    assert!(!page.contains(SAID));
}
