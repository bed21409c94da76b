//! Making a wallet in the browser.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, StatusCode};
use serde_json::{Value, json};
use wallet::{
    CodeOfBrowser, DetailForm, DetailName, Device, Door, NewPasskey, NewWay, NotClaimed, Passphrase, PrfSalt,
    VaultError, VaultId, VaultName, WalletFile,
};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::page::{ErrorSummary, Page};
use web::session::SessionSecret;
use zeroize::Zeroizing;

use crate::browsers::called;
use crate::carrying::bringing::BRING;
use crate::desk::{Desk, Place};
use crate::hosted;
use crate::site::{Failed, WalletWeb};
use crate::unlock::{NEXT, UNLOCK, own_page};
use crate::ways::{SCRIPT, secret_in};

/// The page.
pub(crate) const MAKE: &str = "/make";
/// Its script.
pub(crate) const MAKING: &str = "/making.js";
/// The detail that a wallet can begin with: an office that gives a passport asks for it first.
const EMAIL: &str = "email";
/// The field that says why one may make a wallet here.
pub(crate) const CODE: &str = "code";
/// The forms by which a wallet is made.
pub(crate) struct Make;

impl Purpose for Make {
    const NAME: &'static str = "wallet-make";
}

/// What the form of a passkey holds.
pub(crate) struct MakeForm {
    pub(crate) csrf: String,
    pub(crate) next: String,
    pub(crate) code: String,
    /// Which wallet it will be.
    pub(crate) id: String,
    /// What the page's script needs to make a passkey, as JSON.
    pub(crate) make: String,
    pub(crate) email: String,
    /// A passkey that was made and opens nothing, for the page's script to say so to whoever keeps it.
    pub(crate) forget: String,
    /// At a host, what the page's script needs to keep the keys in the browser, as JSON.
    pub(crate) keys: Option<String>,
}

impl MakeForm {
    pub(crate) fn new(
        site: &WalletWeb,
        words: Words,
        session: &SessionSecret,
        next: &str,
        code: &str,
    ) -> Self {
        Self::of(site, words, session, next, code, VaultId::fresh(site.environment.randomness()))
    }

    /// The form of a wallet that is this one already: what was taken for it stays its own.
    pub(crate) fn of(
        site: &WalletWeb,
        words: Words,
        session: &SessionSecret,
        next: &str,
        code: &str,
        id: VaultId,
    ) -> Self {
        let id = id.as_str().to_owned();
        // A host knows a passkey's wallet by what the passkey itself says, so that it has to remember that.
        let resident = if site.desks.vaults().are_many() { "required" } else { "preferred" };
        let make = json!({
            "name": words.say("wallet-title"),
            "salt": String::from(PrfSalt::usual()),
            "known": [],
            "handle": id,
            "resident": resident,
        });
        Self {
            csrf: site.csrf.token::<Make>(&session.id()),
            next: next.to_owned(),
            code: code.to_owned(),
            id,
            make: make.to_string(),
            email: String::new(),
            forget: String::new(),
            keys: hosted::told(site, None),
        }
    }
}

#[derive(Template)]
#[template(path = "make.html")]
struct MakePage {
    words: Words,
    form: MakeForm,
    /// What was typed as a name; none where a wallet needs none.
    name: Option<String>,
    types_code: bool,
    /// The network that a new wallet belongs to, in a sentence.
    network: Option<String>,
    summary: Option<ErrorSummary>,
    /// Where one that is somewhere else is brought along.
    bring_page: String,
}

/// What is wrong with a form, and what stays typed in it.
struct Wrong {
    field: &'static str,
    said: String,
    status: StatusCode,
}

impl Wrong {
    fn new(words: Words, field: &'static str, key: &str) -> Self {
        Self { field, said: words.say(key), status: StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// `GET /make`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let (next, code) = (own_page(fields.optional(NEXT)), fields.optional(CODE).unwrap_or_default());
    if !site.desks.vaults().are_many() {
        match site.desk_of(&headers).await {
            Ok(None) => {}
            // The link has done what it was for.
            Ok(Some(_)) => return Redirect::to(UNLOCK).into_response(),
            Err(failed) => return failed.page(words),
        }
        if !site.making.may_do(code) {
            return Redirect::to(UNLOCK).into_response();
        }
    }
    let typed = Typed { next: next.to_owned(), code: code.to_owned(), ..Typed::default() };
    page(&site, words, &headers, &typed, None)
}

/// What stays in the form when something is wrong with it.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) next: String,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) email: String,
    /// The passkey that was made for it.
    pub(crate) passkey: String,
    /// Which wallet it would be.
    pub(crate) wallet: Option<VaultId>,
}

fn page(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    typed: &Typed,
    wrong: Option<Wrong>,
) -> Response {
    let (session, cookie) = site.session_of(headers);
    let is_of_many = site.desks.vaults().are_many();
    let status = wrong.as_ref().map_or(StatusCode::OK, |wrong| wrong.status);
    let id = typed.wallet.clone().unwrap_or_else(|| VaultId::fresh(site.environment.randomness()));
    let body = MakePage {
        words,
        form: MakeForm {
            email: typed.email.clone(),
            forget: typed.passkey.clone(),
            ..MakeForm::of(site, words, &session, &typed.next, &typed.code, id)
        },
        name: is_of_many.then(|| typed.name.clone()),
        types_code: site.making.takes_typed_codes(),
        network: site.network_sentence(words),
        bring_page: bring_page(typed),
        summary: wrong
            .map(|wrong| ErrorSummary { words, errors: vec![(wrong.field.to_owned(), wrong.said)] }),
    };
    let page = Page::new(words, words.say("make-title"), body)
        .of_site(words.say("wallet-title"))
        .with_script(SCRIPT)
        .with_script(MAKING)
        .installable();
    let page = hosted::with_script(site, page);
    let mut response = (status, page).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    hosted::allow(site, &mut response);
    response
}

/// Where one that is somewhere else is brought along, with what leads on from here.
fn bring_page(typed: &Typed) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(NEXT, &typed.next)
        .append_pair(CODE, &typed.code)
        .finish();
    format!("{BRING}?{query}")
}

/// `POST /make/passkey`: what a new passkey gave, as the page's script derived it.
pub(crate) async fn by_passkey(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    extensions: Extensions,
    form: CsrfForm<Make>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let mut wanted = Wanted::of(&site, &mut fields);
    let Some(secret) = secret_in(&mut fields) else {
        return page(
            &site,
            words,
            &headers,
            &wanted.typed,
            Some(Wrong::new(words, "by-passkey", "passkey-not-made")),
        );
    };
    wanted.typed.passkey = secret.credential().as_str().to_owned();
    let new = NewPasskey { secret, salt: PrfSalt::usual(), name: called(&headers) };
    let way = NewWay::Passkey(&new);
    if !site.desks.vaults().are_many() {
        return made(&site, words, &headers, &extensions, wanted, &way, None).await;
    }
    let (Some(keys), Some(code)) = (hosted::keys_in(&mut fields), hosted::code_in(&mut fields)) else {
        let wrong = Wrong::new(words, "by-passkey", "keys-need-script");
        return page(&site, words, &headers, &wanted.typed, Some(wrong));
    };
    made(&site, words, &headers, &extensions, wanted, &NewWay::WithKeys(&way, &keys), Some(&code)).await
}

/// `POST /make`: a passphrase, and at a host a name.
pub(crate) async fn by_passphrase(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    extensions: Extensions,
    form: CsrfForm<Make>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let mut wanted = Wanted::of(&site, &mut fields);
    let typed = Zeroizing::new(fields.take("passphrase").unwrap_or_default());
    let wrong = |field, key| Some(Wrong::new(words, field, key));
    if site.desks.vaults().are_many() {
        match VaultName::parse(&wanted.typed.name) {
            Ok(name) => wanted.name = Some(name),
            Err(_) => return page(&site, words, &headers, &wanted.typed, wrong("name", "make-name-wrong")),
        }
        return by_stretched(&site, words, &headers, &extensions, wanted, &mut fields).await;
    }
    let Ok(passphrase) = Passphrase::chosen(typed.as_str()) else {
        return page(&site, words, &headers, &wanted.typed, wrong("passphrase", "ways-passphrase-short"));
    };
    if !wanted.typed.email.is_empty() && wanted.email(&site).is_none() {
        return page(&site, words, &headers, &wanted.typed, wrong("own-email", "details-mail"));
    }
    let way = NewWay::Passphrase(&passphrase, site.cost);
    made(&site, words, &headers, &extensions, wanted, &way, None).await
}

/// The same at a host, where nobody but the member's browser knows the passphrase.
async fn by_stretched(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    extensions: &Extensions,
    wanted: Wanted,
    fields: &mut Fields,
) -> Response {
    let wrong = |field, key| Some(Wrong::new(words, field, key));
    if !wanted.typed.email.is_empty() && wanted.email(site).is_none() {
        return page(site, words, headers, &wanted.typed, wrong("own-email", "details-mail"));
    }
    let told = (hosted::stretched_in(site, fields), hosted::keys_in(fields), hosted::code_in(fields));
    let (Some(stretched), Some(keys), Some(code)) = told else {
        return page(site, words, headers, &wanted.typed, wrong("passphrase", "keys-need-script"));
    };
    let way = NewWay::WithKeys(&NewWay::Stretched(&stretched), &keys);
    made(site, words, headers, extensions, wanted, &way, Some(&code)).await
}

/// A wallet that somebody wants to make.
pub(crate) struct Wanted {
    id: Option<VaultId>,
    pub(crate) name: Option<VaultName>,
    typed: Typed,
}

impl Wanted {
    pub(crate) fn of(site: &WalletWeb, fields: &mut Fields) -> Self {
        let named = fields.take("wallet").and_then(|text| VaultId::parse(&text));
        let id = if site.desks.vaults().are_many() { named.clone() } else { Some(VaultId::only()) };
        let next = own_page(fields.optional(NEXT)).to_owned();
        let mut take = |field| fields.take(field).unwrap_or_default();
        let typed = Typed {
            next,
            code: take(CODE).trim().to_owned(),
            name: take("name"),
            email: take(EMAIL).trim().to_owned(),
            passkey: String::new(),
            wallet: named,
        };
        Self { id, name: None, typed }
    }

    /// What stays in the form.
    pub(crate) const fn typed(&self) -> &Typed {
        &self.typed
    }

    /// The address to begin with, if it is one.
    fn email(&self, site: &WalletWeb) -> Option<(DetailName, Value)> {
        let value = Value::from(self.typed.email.as_str());
        let fits = DetailForm::MailAddress.fits(&value, site.environment.now());
        DetailName::new(EMAIL).ok().filter(|_| fits).map(|name| (name, value))
    }
}

/// The page that was asked for, in the wallet that is made; or what is wrong.
async fn made(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    extensions: &Extensions,
    wanted: Wanted,
    way: &NewWay<'_>,
    code: Option<&CodeOfBrowser>,
) -> Response {
    let again = |wrong| page(site, words, headers, &wanted.typed, Some(wrong));
    if wanted.id.is_none() {
        return again(Wrong::new(words, "by-passkey", "passkey-not-made"));
    }
    let begins = code.map_or(BeginsWith::Nothing, BeginsWith::CodeOfBrowser);
    match in_wallet(site, headers, extensions, &wanted, way, begins).await {
        Ok((desk, session)) => site.entered(headers, &desk, &session, Device::Own, &wanted.typed.next).await,
        Err(NotMade::Failed(failed)) => failed.page(words),
        Err(NotMade::There | NotMade::HereAlready) => Redirect::to(UNLOCK).into_response(),
        Err(NotMade::NotAllowed) if site.making.takes_typed_codes() => {
            again(Wrong::new(words, CODE, "make-code-wrong"))
        }
        Err(NotMade::NotAllowed) => again(Wrong::new(words, "by-passkey", "make-link-wrong")),
        Err(NotMade::NameTaken) => again(Wrong::new(words, "name", "make-name-taken")),
        Err(NotMade::TooMany) => {
            let wrong = Wrong::new(words, "by-passkey", "make-limited");
            again(Wrong { status: StatusCode::TOO_MANY_REQUESTS, ..wrong })
        }
    }
}

/// Why no wallet was made.
pub(crate) enum NotMade {
    /// There is one already, which does not open by what was told.
    There,
    /// Whoever asks may not.
    NotAllowed,
    NameTaken,
    TooMany,
    /// What is brought along is at this host already, as another one.
    HereAlready,
    Failed(Failed),
}

impl<E: Into<Failed>> From<E> for NotMade {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a wallet is made of beside its way in.
#[derive(Clone, Copy)]
pub(crate) enum BeginsWith<'a> {
    /// Nothing: its recovery code is made here.
    Nothing,
    /// The recovery code that the member's browser made.
    CodeOfBrowser(&'a CodeOfBrowser),
    /// What was brought along.
    File(&'a WalletFile),
}

/// Makes the wallet, of a file where there is one, and begins a session in it. Where it is there already, the form was sent twice: then it is opened.
pub(crate) async fn in_wallet(
    site: &WalletWeb,
    headers: &HeaderMap,
    extensions: &Extensions,
    wanted: &Wanted,
    way: &NewWay<'_>,
    begins: BeginsWith<'_>,
) -> Result<(Arc<Desk>, SessionSecret), NotMade> {
    let id = wanted.id.as_ref().ok_or(NotMade::There)?;
    let session = SessionSecret::fresh(site.environment.randomness());
    let place = Place { browser: &called(headers), device: Device::Own };
    let vaults = site.desks.vaults();
    if site.desks.find(id).await?.is_none() {
        if !site.making.may_do(&wanted.typed.code) {
            return Err(NotMade::NotAllowed);
        }
        if site.making.is_spent(extensions) {
            return Err(NotMade::TooMany);
        }
        if let BeginsWith::File(file) = begins
            && vaults.keeps_already(file, id).await?
        {
            return Err(NotMade::HereAlready);
        }
        if site.making.takes_typed_codes() {
            claimed(vaults.claim_invitation(&wanted.typed.code, id).await, NotMade::NotAllowed)?;
        }
        if let Some(name) = &wanted.name {
            claimed(vaults.claim_name(name, id).await, NotMade::NameTaken)?;
        }
        let made = match begins {
            BeginsWith::File(file) => vaults.bring(id, way, wanted.name.as_ref(), file).await,
            BeginsWith::CodeOfBrowser(code) => {
                vaults.make_for_browser(id, way, wanted.name.as_ref(), code).await
            }
            BeginsWith::Nothing => vaults.make(id, way, wanted.name.as_ref()).await,
        };
        match made {
            Ok(vault) => {
                let desk = site.desks.of(id, vault.locked());
                desk.begin(vault, &session, &place, &site.environment).await?;
                begin_with(&desk, &session, site, wanted).await;
                return Ok((desk, session));
            }
            Err(VaultError::AlreadyThere(_)) => {}
            Err(VaultError::HereAlready) => return Err(NotMade::HereAlready),
            Err(error) => return Err(error.into()),
        }
    }
    let Some(desk) = site.desks.find(id).await? else { return Err(NotMade::There) };
    match opened_by(&desk, way, &session, &place, site).await {
        Ok(()) => Ok((desk, session)),
        Err(Failed::Vault(
            VaultError::WrongSecret | VaultError::NoPassphrase | VaultError::TooManyTries { .. },
        )) => Err(NotMade::There),
        Err(failed) => Err(NotMade::Failed(failed)),
    }
}

/// Opens a wallet that is there by the way in that another was to have.
async fn opened_by(
    desk: &Desk,
    way: &NewWay<'_>,
    session: &SessionSecret,
    place: &Place<'_>,
    site: &WalletWeb,
) -> Result<(), Failed> {
    match way {
        NewWay::Passphrase(passphrase, _) => {
            desk.unlock(passphrase, &Door::default(), session, place, &site.environment).await
        }
        NewWay::Passkey(new) => desk.unlock_by_passkey(&new.secret, session, place, &site.environment).await,
        NewWay::Stretched(stretched) => {
            desk.unlock_by_stretched(stretched, session, place, &site.environment).await
        }
        NewWay::WithKeys(way, _) => Box::pin(opened_by(desk, way, session, place, site)).await,
    }
}

/// Keeps what the wallet begins with. Should that fail there is a wallet all the same, in which it can be typed.
async fn begin_with(desk: &Desk, session: &SessionSecret, site: &WalletWeb, wanted: &Wanted) {
    let Some(email) = wanted.email(site) else { return };
    let kept = match desk.of_session(session, &site.environment).await {
        Ok(Some(wallet)) => wallet.set_own_details([email]).await.map_err(Failed::from),
        Ok(None) => Ok(()),
        Err(failed) => Err(failed),
    };
    if let Err(failed) = kept {
        tracing::error!(error = %failed, "what a new wallet was to begin with was not kept");
    }
}

fn claimed(outcome: Result<(), NotClaimed>, taken: NotMade) -> Result<(), NotMade> {
    match outcome {
        Ok(()) => Ok(()),
        Err(NotClaimed::Vault(error)) => Err(error.into()),
        Err(_) => Err(taken),
    }
}
