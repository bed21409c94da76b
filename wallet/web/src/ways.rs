//! How the wallet is opened, and where it is open: passkeys and sessions.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Extensions, StatusCode};
use serde_json::json;
use wallet::{
    CredentialId, NewPasskey, NewWay, NotClaimed, PasskeySecret, Passphrase, PrfSalt, RecoveryCode,
    Stretched, Stretching, Vault, VaultError, VaultName,
};
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::limits::client_key;
use web::page::{ErrorSummary, LinkButton};
use web::{Words, proxies};
use zeroize::Zeroizing;

use crate::anew;
use crate::frame;
use crate::hosted;
use crate::site::{Failed, WalletWeb};
use crate::times::{day, moment};
use crate::unlock::UNLOCK;
use crate::unlocked::Opened;

/// The page.
pub(crate) const WAYS: &str = "/ways";
/// Where on it the recovery code is tried.
pub(crate) const RECOVERY: &str = "/ways#recovery";
/// How the page is come back to when a passphrase was set, took the place of another, or a passkey was taken away.
const PASSPHRASE_SET: &str = "set=passphrase";
const PASSPHRASE_CHANGED: &str = "set=other-passphrase";
const PASSKEY_GONE: &str = "set=no-passkey";
/// The script that works the passkeys' forms.
pub(crate) const SCRIPT: &str = "/passkey.js";

/// The forms of this page.
pub(crate) struct Ways;

impl Purpose for Ways {
    const NAME: &'static str = "wallet-ways";
}

#[derive(Template)]
#[template(path = "ways.html")]
struct WaysPage {
    words: Words,
    /// Why the script has no keys at hand, where that is so.
    without_keys: String,
    csrf: String,
    /// What the page's script needs to make a passkey, as JSON.
    make: String,
    salt: String,
    passkeys: Vec<Passkey>,
    sessions: Vec<Session>,
    has_passphrase: bool,
    /// What the wallet is called at this host; none where it needs no name.
    name: Option<String>,
    /// Whether the recovery code can still be shown.
    writes_down: bool,
    /// Whether this device is not the member's: then no passkey is made here.
    is_borrowed: bool,
    /// Where the wallet is opened once more before anything of it is changed; none for whoever has just opened it.
    anew: Option<LinkButton>,
    /// What was done, in a sentence.
    done: Option<String>,
    /// When the recovery code was tried, in a sentence.
    recovery: String,
    /// What is wrong with what was typed, by the form's field.
    summary: Option<ErrorSummary>,
    /// At a host, what the page's script needs to split passphrase and code, as JSON.
    keys: Option<String>,
}

struct Passkey {
    credential: String,
    name: String,
    since: String,
}

struct Session {
    id: String,
    name: String,
    begun: String,
    used: String,
    is_this: bool,
}

/// What of a passkey stands in a form: which one, and the key that the page derived.
pub(crate) fn secret_in(fields: &mut Fields) -> Option<PasskeySecret> {
    let credential = CredentialId::parse(fields.take("credential")?).ok()?;
    PasskeySecret::of_text(credential, &fields.take("key")?)
}

/// `GET /ways`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    RawQuery(query): RawQuery,
) -> Response {
    let key = match query.as_deref() {
        Some(PASSPHRASE_SET) => Some("ways-passphrase-done"),
        Some(PASSPHRASE_CHANGED) => Some("ways-passphrase-changed"),
        Some(PASSKEY_GONE) => Some("ways-passkey-gone"),
        _ => None,
    };
    let done = key.map(|key| words.say(key));
    match page(&site, words, &opened, None, done).await {
        Ok(page) => page,
        Err(error) => Failed::from(error).page(words),
    }
}

/// The page with a field, and what is wrong with it.
async fn shown(site: &WalletWeb, words: Words, opened: &Opened, wrong: (&str, &str)) -> Response {
    match page(site, words, opened, Some(wrong), None).await {
        Ok(page) => (StatusCode::UNPROCESSABLE_ENTITY, page).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

async fn page(
    site: &WalletWeb,
    words: Words,
    opened: &Opened,
    wrong: Option<(&str, &str)>,
    done: Option<String>,
) -> Result<Response, VaultError> {
    let (vault, session) = (&opened.vault, opened.session());
    let is_of_many = site.desks.vaults().are_many();
    let salt = String::from(PrfSalt::usual());
    let known = vault.passkeys().await?;
    let ids: Vec<_> = known.iter().map(|view| json!({"id": view.credential.as_str()})).collect();
    let (handle, resident) =
        if is_of_many { (Some(opened.unlocked.desk.id().as_str()), "required") } else { (None, "preferred") };
    let name = words.say("wallet-title");
    let make = json!({"name": name, "salt": salt, "known": ids, "handle": handle, "resident": resident});
    let ways_in = vault.locked().ways_in().await?;
    let this = session.text();
    let passkeys = known.into_iter().map(|view| Passkey {
        credential: view.credential.as_str().to_owned(),
        name: named(words, &view.name),
        since: day(view.added_at),
    });
    let sessions = vault.sessions().await?.into_iter().map(|view| Session {
        is_this: view.id == this,
        name: named(words, &view.name),
        begun: minute(view.begun_at),
        used: minute(view.used_at),
        id: view.id,
    });
    let body = WaysPage {
        words,
        without_keys: words.say(opened.unlocked.without_keys()),
        csrf: site.csrf.token::<Ways>(&session),
        make: make.to_string(),
        salt,
        passkeys: passkeys.collect(),
        sessions: sessions.collect(),
        is_borrowed: opened.unlocked.is_borrowed(),
        anew: (!opened.is_offered_all().await?).then(|| anew::link(words, WAYS)),
        done,
        has_passphrase: ways_in.passphrase,
        keys: hosted::told(site, ways_in.stretching.as_ref()),
        name: match is_of_many {
            true => Some(vault.called_here().await?.unwrap_or_default()),
            false => None,
        },
        writes_down: vault.keeps_recovery_code().await?,
        recovery: recovery(words, vault.recovery_code_tried_at().await?),
        summary: wrong
            .map(|(field, key)| ErrorSummary { words, errors: vec![(field.to_owned(), words.say(key))] }),
    };
    let page = frame::page(site, words, &opened.unlocked, WAYS, words.say("ways-title"), body);
    let mut response = hosted::with_script(site, page.with_script(SCRIPT)).into_response();
    hosted::allow(site, &mut response);
    Ok(response)
}

fn recovery(words: Words, tried_at: Option<i64>) -> String {
    match tried_at {
        Some(at) => words.say_with("recovery-tried", &[("date", &day(at))]),
        None => words.say("recovery-never-tried"),
    }
}

pub(crate) fn named(words: Words, name: &str) -> String {
    if name.trim().is_empty() { words.say("ways-unnamed") } else { wallet::shown(name) }
}

fn minute(seconds: i64) -> String {
    moment(seconds).chars().take("YYYY-MM-DD HH:MM".len()).collect()
}

/// `POST /ways/passkeys`.
pub(crate) async fn add_passkey(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<Ways>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    if opened.unlocked.is_borrowed() {
        return refused(&site, words, &opened, "borrowed-no-passkey");
    }
    if let Some(elsewhere) = not_just_opened(words, &opened).await {
        return elsewhere;
    }
    let salt = fields.take("salt").and_then(|salt| PrfSalt::try_from(salt).ok());
    let name = fields.take("name").unwrap_or_default();
    let (Some(secret), Some(salt)) = (secret_in(&mut fields), salt) else {
        return refused(&site, words, &opened, "passkey-not-used");
    };
    let new = NewPasskey { secret, salt, name };
    let way = NewWay::Passkey(&new);
    if !site.desks.vaults().are_many() {
        return changed(&site, words, &opened, opened.vault.add_way(&way).await, WAYS);
    }
    let Some(keys) = hosted::keys_in(&mut fields) else {
        return refused(&site, words, &opened, "keys-need-script");
    };
    changed(&site, words, &opened, opened.vault.add_way(&NewWay::WithKeys(&way, &keys)).await, WAYS)
}

/// Where whoever has not just opened the wallet is led first: a wallet that was left open is not enough to let somebody in for good, or
/// to lock its member out.
async fn not_just_opened(words: Words, opened: &Opened) -> Option<Response> {
    match opened.was_just_opened().await {
        Ok(true) => None,
        Ok(false) => Some(anew::first(WAYS)),
        Err(error) => Some(Failed::from(error).page(words)),
    }
}

/// `POST /ways/passkeys/remove`.
pub(crate) async fn remove_passkey(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<Ways>,
) -> Response {
    let named = form.fields.optional("credential").and_then(|text| CredentialId::parse(text).ok());
    let Some(credential) = named else { return refused(&site, words, &opened, "ways-no-passkey") };
    if let Some(elsewhere) = not_just_opened(words, &opened).await {
        return elsewhere;
    }
    let outcome = match opened.vault.remove_passkey(&credential).await {
        Ok(()) => opened.unlocked.desk.end_others(&opened.session()).await,
        refused => refused,
    };
    changed(&site, words, &opened, outcome, &format!("{WAYS}?{PASSKEY_GONE}"))
}

/// `POST /ways/passphrase`: the passphrase there is from now on.
pub(crate) async fn set_passphrase(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    extensions: Extensions,
    form: CsrfForm<Ways>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    if site.desks.vaults().are_many() {
        return set_stretched(&site, words, &opened, &extensions, &mut fields).await;
    }
    let mut typed = |name: &str| Zeroizing::new(fields.take(name).unwrap_or_default());
    let (old, first, second) = (typed("old"), typed("passphrase"), typed("again"));
    let wrong = |field, key| shown(&site, words, &opened, (field, key));
    let new = match chosen(&first, &second) {
        Ok(new) => new,
        Err((field, key)) => return wrong(field, key).await,
    };
    let had_one = match opened.vault.locked().ways_in().await {
        Ok(ways) => ways.passphrase,
        Err(error) => return Failed::from(error).page(words),
    };
    if !had_one && let Some(elsewhere) = not_just_opened(words, &opened).await {
        return elsewhere;
    }
    let proven = if had_one { proven(&opened.vault, &old).await } else { Ok(()) };
    match proven {
        Ok(()) => {}
        Err(VaultError::WrongSecret) => return wrong("old", "ways-passphrase-old-wrong").await,
        Err(VaultError::TooManyTries { .. }) => return wrong("old", "ways-passphrase-old-often").await,
        Err(error) => return Failed::from(error).page(words),
    }
    set(&site, words, &opened, &NewWay::Passphrase(&new, site.cost), had_one).await
}

/// Sets the passphrase; with the one there was, whoever came in by it goes.
async fn set(site: &WalletWeb, words: Words, opened: &Opened, new: &NewWay<'_>, had_one: bool) -> Response {
    let set = match opened.vault.add_way(new).await {
        Ok(()) if had_one => {
            opened.unlocked.desk.end_others(&opened.session()).await.map(|()| PASSPHRASE_CHANGED)
        }
        set => set.map(|()| PASSPHRASE_SET),
    };
    match set {
        Ok(done) => Redirect::to(&format!("{WAYS}?{done}")).into_response(),
        Err(VaultError::WithoutKeys) => refused(site, words, opened, "keys-need-script"),
        Err(error) => Failed::from(error).page(words),
    }
}

/// Whether this client may have a wallet called so; it may stay called as it is. Whether another name is taken is told so and so often.
async fn may_be_called(
    site: &WalletWeb,
    vault: &Vault,
    name: &VaultName,
    extensions: &Extensions,
) -> Result<bool, VaultError> {
    if vault.called_here().await?.as_deref() == Some(name.as_str()) {
        return Ok(true);
    }
    Ok(site.naming.take(&client_key(proxies::client(extensions))).is_ok())
}

/// The same at a host, which gets what the browser made of it, and of the one there was.
async fn set_stretched(
    site: &WalletWeb,
    words: Words,
    opened: &Opened,
    extensions: &Extensions,
    fields: &mut Fields,
) -> Response {
    let wrong = |field, key| shown(site, words, opened, (field, key));
    let stretching = match opened.vault.locked().ways_in().await {
        Ok(ways) => ways.stretching,
        Err(error) => return Failed::from(error).page(words),
    };
    if stretching.is_none()
        && let Some(elsewhere) = not_just_opened(words, opened).await
    {
        return elsewhere;
    }
    let (new, keys) = (hosted::stretched_in(site, fields), hosted::keys_in(fields));
    let (Some(new), Some(keys)) = (new, keys) else { return wrong("passphrase", "keys-need-script").await };
    let proven = match &stretching {
        Some(stretching) => proven_by_browser(site, &opened.vault, stretching, fields).await,
        None => Ok(()),
    };
    match proven {
        Ok(()) => {}
        Err(VaultError::WrongSecret) => return wrong("old", "ways-passphrase-old-wrong").await,
        Err(VaultError::TooManyTries { .. }) => return wrong("old", "ways-passphrase-old-often").await,
        Err(error) => return Failed::from(error).page(words),
    }
    let Ok(name) = VaultName::parse(&fields.take("name").unwrap_or_default()) else {
        return wrong("wallet-name", "make-name-wrong").await;
    };
    match may_be_called(site, &opened.vault, &name, extensions).await {
        Ok(true) => {}
        Ok(false) => return wrong("wallet-name", "ways-name-often").await,
        Err(error) => return Failed::from(error).page(words),
    }
    match site.desks.vaults().name(opened.unlocked.desk.id(), &opened.vault, &name).await {
        Ok(()) => {}
        Err(NotClaimed::Vault(error)) => return Failed::from(error).page(words),
        Err(_) => return wrong("wallet-name", "make-name-taken").await,
    }
    let new = NewWay::Stretched(&new);
    set(site, words, opened, &NewWay::WithKeys(&new, &keys), stretching.is_some()).await
}

/// As [`proven`], by what the browser made of the passphrase there is, or of the recovery code.
async fn proven_by_browser(
    site: &WalletWeb,
    vault: &Vault,
    stretching: &Stretching,
    fields: &mut Fields,
) -> Result<(), VaultError> {
    if let Some(half) = hosted::old_half_in(fields)
        && vault.try_recovery_half(&half).await?
    {
        return Ok(());
    }
    let old = fields.take("old").map(Zeroizing::new).unwrap_or_default();
    let old = Stretched::of_text(&old, &stretching.salt(), site.cost).ok_or(VaultError::WrongSecret)?;
    vault.locked().unlock_at_the_door_by(&old).await.map(drop)
}

/// A passphrase that was typed twice; or the field and what is wrong with it.
pub(crate) fn chosen(first: &str, second: &str) -> Result<Passphrase, (&'static str, &'static str)> {
    if !jose::digest::constant_time_equal(first.as_bytes(), second.as_bytes()) {
        return Err(("again", "ways-passphrases-differ"));
    }
    Passphrase::chosen(first).map_err(|_| ("passphrase", "ways-passphrase-short"))
}

/// Whoever changes the passphrase knows the one there is, or has the recovery code: a wallet that was left open is not enough to
/// lock its member out.
async fn proven(vault: &Vault, old: &str) -> Result<(), VaultError> {
    let locked = vault.locked();
    if let Ok(code) = RecoveryCode::parse(old)
        && vault.try_recovery_code(&code).await?
    {
        return Ok(());
    }
    let old = Passphrase::new(old).map_err(|_| VaultError::WrongSecret)?;
    locked.unlock_at_the_door(&old).await.map(drop)
}

/// `POST /ways/recovery`: the recovery code is tried, while nothing depends on it.
pub(crate) async fn try_recovery(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<Ways>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let typed = Zeroizing::new(fields.take("code").unwrap_or_default());
    let half = if site.desks.vaults().are_many() {
        hosted::half_in(&mut fields)
    } else {
        RecoveryCode::parse(&typed).ok().map(|code| code.half())
    };
    let wrong = match half {
        None => "recovery-malformed",
        Some(half) => match opened.vault.try_recovery_half(&half).await {
            Ok(true) => return Redirect::to(WAYS).into_response(),
            Ok(false) => "recovery-wrong",
            Err(error) => return Failed::from(error).page(words),
        },
    };
    shown(&site, words, &opened, ("code", wrong)).await
}

/// `POST /ways/sessions/end`: one session, also this one.
pub(crate) async fn end_session(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<Ways>,
) -> Response {
    let Some(id) = form.fields.optional("session") else {
        return refused(&site, words, &opened, "ways-no-session");
    };
    // Nobody names the session of another wallet: each has its own part of the store.
    match opened.unlocked.desk.end(id).await {
        Ok(()) if *id == opened.session().text() => Redirect::to(UNLOCK).into_response(),
        Ok(()) => Redirect::to(WAYS).into_response(),
        Err(failed) => failed.page(words),
    }
}

fn changed(
    site: &WalletWeb,
    words: Words,
    opened: &Opened,
    outcome: Result<(), VaultError>,
    next: &str,
) -> Response {
    match outcome {
        Ok(()) => Redirect::to(next).into_response(),
        Err(VaultError::LastWay) => refused(site, words, opened, "ways-last"),
        Err(VaultError::PasskeyKnown) => refused(site, words, opened, "ways-known"),
        Err(VaultError::TooManyPasskeys) => refused(site, words, opened, "ways-many"),
        Err(VaultError::NoSuchPasskey) => refused(site, words, opened, "ways-no-passkey"),
        Err(error) => Failed::from(error).page(words),
    }
}

/// A sentence for a person; nothing was changed.
fn refused(site: &WalletWeb, words: Words, opened: &Opened, key: &str) -> Response {
    let (title, said) = (words.say("ways-title"), words.say(key));
    frame::sentence(site, words, &opened.unlocked, StatusCode::UNPROCESSABLE_ENTITY, title, said)
}
