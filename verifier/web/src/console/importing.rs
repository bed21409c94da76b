//! Taking in a table that another program wrote: preview first, nobody is written to until somebody of the team invites them.
//!
//! The table is stored nowhere before it is taken in: the page of the preview holds it, and sends it again.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use verifier::SpaceError;
use verifier::importing::columns::Column;
use verifier::importing::reading::{BadRow, Person, Reason};
use verifier::importing::table::{Table, TableError, text_of};
use verifier::importing::{ImportError, Opened, Preview};
use verifier::invitations::InviteError;
use verifier::invitations::post::Obstacle;
use web::Words;
use web::form::{Fields, QueryFields};
use web::page::ErrorSummary;

use super::first::LeftNotice;
use super::guard::{Acting, Posted, Uploaded};
use super::{frame, words as say};
use crate::home::basis;
use crate::site::{Failed, SpaceWeb, default_form};

const IMPORT: &str = "/console/import";
/// The addresses that take a table, which need their time.
pub(crate) const TABLES: [&str; 2] = [IMPORT, "/console/import/preview"];
/// People on a page.
const PAGE: usize = 50;
/// Rows that are shown of those that are left out, and of those that are taken in.
const MOST_BAD: usize = 100;
const SHOWN: usize = 3;

#[derive(Template)]
#[template(path = "console/import.html")]
struct Import {
    words: Words,
    csrf: String,
    summary: ErrorSummary,
    done: Option<String>,
    /// None as long as the space takes people in.
    left: Option<LeftNotice>,
    error: Option<String>,
    forms: Vec<(String, bool)>,
    people: Vec<Line>,
    after: Option<String>,
}

struct Line {
    id: String,
    name: String,
    said: String,
    terms: String,
}

/// `GET /console/import`.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    QueryFields(query): QueryFields,
) -> Response {
    let done = done(words, &query);
    listed(&site, words, &acting, StatusCode::OK, &query, done, None).await
}

/// What was just done, as the address says it in numbers.
fn done(words: Words, query: &Fields) -> Option<String> {
    let number = |name: &str| query.optional(name).and_then(|text| text.parse::<u32>().ok());
    let said = |name: &str| {
        number(name).map(|count| words.count(&format!("console-import-did-{name}"), "count", count))
    };
    let parts: Vec<String> =
        ["new", "known", "invited", "open", "waits", "deleted"].into_iter().filter_map(said).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

async fn listed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    status: StatusCode,
    query: &Fields,
    done: Option<String>,
    error: Option<(&str, String)>,
) -> Response {
    match import(site, words, acting, query, done, error).await {
        Ok(body) => {
            let page = frame::page(site, words, acting, IMPORT, words.say("console-import"), body);
            (status, page).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn import(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    query: &Fields,
    done: Option<String>,
    error: Option<(&str, String)>,
) -> Result<Import, Failed> {
    let after = query.optional("after");
    let (people, has_more) = site.space.imported(after, PAGE, Some(&acting.teammate.id)).await?;
    let default = default_form(&site.space).await?;
    let forms = site.space.forms().await?;
    let last = people.last().map(|one| one.record.id.clone());
    Ok(Import {
        words,
        csrf: acting.csrf(),
        summary: ErrorSummary {
            words,
            errors: error.iter().map(|(field, said)| ((*field).to_owned(), said.clone())).collect(),
        },
        done,
        left: LeftNotice::of(site, words).await?,
        error: error.filter(|(field, _)| *field == "file").map(|(_, said)| said),
        forms: forms.into_keys().map(|form| (form.clone(), Some(form) == default)).collect(),
        people: people.iter().map(|one| line(words, one)).collect(),
        after: last.filter(|_| has_more),
    })
}

fn line(words: Words, one: &Opened) -> Line {
    let record = &one.record;
    let name = one.called();
    Line {
        id: record.id.clone(),
        name: if name.is_empty() { words.say("console-nameless") } else { name },
        said: match record.invited_at {
            Some(at) => words.say_with("console-import-invited-at", &[("at", &say::when(at))]),
            None => words.say("console-import-not-invited"),
        },
        terms: words.say_with(
            "console-import-terms",
            &[
                ("source", &words.say(&format!("console-import-from-{}", record.source.name()))),
                ("at", &say::when(record.at)),
                ("until", &say::when(record.until)),
            ],
        ),
    }
}

#[derive(Template)]
#[template(path = "console/import_preview.html")]
struct Shown {
    words: Words,
    csrf: String,
    title: String,
    summary: ErrorSummary,
    form: String,
    table: String,
    said: Vec<String>,
    terms: Vec<String>,
    columns: Vec<ColumnLine>,
    kinds: Vec<(&'static str, String)>,
    samples: Vec<String>,
    bad: Vec<String>,
    may_take: Option<String>,
}

/// A column of the table.
struct ColumnLine {
    number: usize,
    header: String,
    holds: &'static str,
}

/// What was sent, as far as it can be read.
struct Sent {
    text: String,
    table: Table,
    form: String,
    mapping: Option<Vec<Option<Column>>>,
}

impl Sent {
    async fn of(site: &SpaceWeb, fields: &Fields, bytes: &[u8]) -> Result<Result<Self, TableError>, Failed> {
        let read = text_of(bytes).and_then(|text| Table::parse(&text).map(|table| (text, table)));
        let (text, table) = match read {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        let form = match fields.optional("form").filter(|form| !form.is_empty()) {
            Some(form) => form.to_owned(),
            None => default_form(&site.space).await?.unwrap_or_default(),
        };
        let column = |place: usize| fields.optional(&format!("column-{place}"));
        let mapping = column(0).map(|_| {
            (0..table.header.len()).map(|place| column(place).and_then(Column::of_name)).collect::<Vec<_>>()
        });
        Ok(Ok(Self { text, table, form, mapping }))
    }
}

/// `POST /console/import/preview`.
pub(crate) async fn preview(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Posted(fields): Posted,
    Uploaded(bytes): Uploaded,
) -> Response {
    let sent = match read(&site, words, &acting, &fields, &bytes).await {
        Ok(sent) => sent,
        Err(refused) => return *refused,
    };
    match looked_through(&site, &acting, &sent).await {
        Ok(preview) => previewed(&site, words, &acting, StatusCode::OK, &sent, Ok(&preview)),
        Err(error) => not_previewed(&site, words, &acting, &sent, error).await,
    }
}

async fn looked_through(site: &SpaceWeb, acting: &Acting, sent: &Sent) -> Result<Preview, ImportError> {
    site.space.preview_import(&sent.table, &sent.form, sent.mapping.clone(), acting.looker()).await
}

async fn read(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    fields: &Fields,
    bytes: &[u8],
) -> Result<Sent, Box<Response>> {
    let said = if bytes.is_empty() {
        words.say("console-import-no-file")
    } else {
        match Sent::of(site, fields, bytes).await {
            Ok(Ok(sent)) => return Ok(sent),
            Ok(Err(error)) => table_error(words, error),
            Err(failed) => return Err(Box::new(failed.page(words))),
        }
    };
    let (status, query) = (StatusCode::UNPROCESSABLE_ENTITY, Fields::default());
    Err(Box::new(listed(site, words, acting, status, &query, None, Some(("file", said))).await))
}

fn table_error(words: Words, error: TableError) -> String {
    let key = match error {
        TableError::WideRow(line) => {
            return words.say_with("console-import-wide-row", &[("line", &line.to_string())]);
        }
        TableError::TooLarge => "console-import-too-large",
        TableError::NotText => "console-import-not-text",
        TableError::Empty => "console-import-empty",
        TableError::TooManyRows => "console-import-too-many-rows",
        TableError::TooManyColumns => "console-import-too-many-columns",
    };
    words.say(key)
}

/// Which columns are to be chosen anew, or why there is nothing to choose.
async fn not_previewed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    sent: &Sent,
    error: ImportError,
) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let said = match error {
        ImportError::NoEmailColumn => words.say("console-import-no-email-column"),
        ImportError::Twice(column) => {
            words.say_with("console-import-column-twice", &[("name", &column_name(words, column))])
        }
        ImportError::NotRegistered | ImportError::Space(SpaceError::NoSuchForm(_)) => {
            let key = match error {
                ImportError::NotRegistered => "console-import-not-registered",
                _ => "console-invite-no-form",
            };
            let said = ("file", words.say(key));
            return listed(site, words, acting, status, &Fields::default(), None, Some(said)).await;
        }
        ImportError::Space(SpaceError::Left) => {
            let said = ("file", words.say("console-import-left"));
            return listed(site, words, acting, StatusCode::CONFLICT, &Fields::default(), None, Some(said))
                .await;
        }
        ImportError::Space(error) => return Failed::from(error).page(words),
        _ => return Failed::from(SpaceError::Unreadable).page(words),
    };
    previewed(site, words, acting, status, sent, Err(said))
}

fn previewed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    status: StatusCode,
    sent: &Sent,
    preview: Result<&Preview, String>,
) -> Response {
    let by_header = verifier::importing::columns::recognised(&sent.table.header).1;
    let holds = match (&preview, &sent.mapping) {
        (Ok(preview), _) => &preview.columns,
        (Err(_), Some(mapping)) => mapping,
        (Err(_), None) => &by_header,
    };
    let columns =
        sent.table.header.iter().zip(holds).enumerate().map(|(number, (header, holds))| ColumnLine {
            number,
            header: match header.trim() {
                "" => words.say_with(
                    "console-import-column-number",
                    &[("number", &number.saturating_add(1).to_string())],
                ),
                named => named.to_owned(),
            },
            holds: holds.map_or("", Column::name),
        });
    let preview_ok = preview.as_ref().ok().copied();
    let body = Shown {
        words,
        csrf: acting.csrf(),
        title: words.say("console-import-preview"),
        form: sent.form.clone(),
        table: sent.text.clone(),
        columns: columns.collect(),
        kinds: Column::ALL.map(|column| (column.name(), column_name(words, column))).to_vec(),
        said: preview_ok.map_or_else(Vec::new, |preview| counts(words, preview)),
        terms: preview_ok.map_or_else(Vec::new, |preview| terms(site, words, preview)),
        samples: preview_ok.map_or_else(Vec::new, |preview| {
            let people = &preview.reading.people;
            let shown = people.iter().take(SHOWN).map(|person| sample(words, person));
            shown.chain(not_shown(words, people.len(), SHOWN)).collect()
        }),
        bad: preview_ok.map_or_else(Vec::new, |preview| {
            let bad = &preview.reading.bad;
            let shown = bad.iter().take(MOST_BAD).map(|bad| bad_row(words, bad));
            shown.chain(not_shown(words, bad.len(), MOST_BAD)).collect()
        }),
        may_take: preview_ok.and_then(|preview| {
            let new = preview.reading.people.len().saturating_sub(preview.known);
            (new > 0).then(|| words.count("console-import-take", "count", number(new)))
        }),
        summary: ErrorSummary {
            words,
            errors: preview.err().map(|said| ("column-0".to_owned(), said)).into_iter().collect(),
        },
    };
    let page = frame::page(site, words, acting, IMPORT, body.title.clone(), body);
    (status, page).into_response()
}

/// That a list goes on.
fn not_shown(words: Words, all: usize, shown: usize) -> Option<String> {
    let more = all.saturating_sub(shown);
    (more > 0).then(|| words.count("console-import-not-shown", "count", number(more)))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What will be taken in and what will not, in numbers.
fn counts(words: Words, preview: &Preview) -> Vec<String> {
    let new = preview.reading.people.len().saturating_sub(preview.known);
    let mut said = vec![
        words.say(&format!("console-import-recognised-{}", preview.source.name())),
        words.count("console-import-will", "count", number(new)),
    ];
    for (key, count) in
        [("console-import-will-known", preview.known), ("console-import-will-bad", preview.reading.bad.len())]
    {
        if count > 0 {
            said.push(words.count(key, "count", number(count)));
        }
    }
    let undated = &preview.reading.undated;
    if !undated.is_empty() {
        let lines: Vec<String> = undated.iter().take(MOST_BAD).map(u64::to_string).collect();
        let lines = lines.join(", ") + if undated.len() > MOST_BAD { ", …" } else { "" };
        let count = number(undated.len());
        said.push(words.count_with("console-import-will-undated", "count", count, &[("lines", &lines)]));
    }
    let taken = preview.taken();
    if taken.contains(&Column::Name) && !taken.contains(&Column::GivenName) {
        said.push(words.say("console-import-whole-name"));
    }
    said
}

/// Which details are taken and which are not, for what, and for how long.
fn terms(site: &SpaceWeb, words: Words, preview: &Preview) -> Vec<String> {
    let named = |columns: &[Column]| {
        columns.iter().map(|column| column_name(words, *column)).collect::<Vec<_>>().join(", ")
    };
    let taken = preview.taken();
    let mut said = vec![
        words.say_with("console-import-taken", &[("names", &named(&taken))]),
        words.say_with(
            "console-import-purpose",
            &[("purpose", &say::purpose(site, words, &preview.terms.purpose))],
        ),
        words.say(basis(preview.terms.basis)),
        words.count("console-import-kept", "count", preview.terms.kept_days(&taken)),
    ];
    if !preview.beyond.is_empty() {
        said.push(words.say_with("console-import-beyond", &[("names", &named(&preview.beyond))]));
    }
    said
}

fn column_name(words: Words, column: Column) -> String {
    match column {
        Column::Plan => words.say("console-import-column-plan"),
        Column::Since => words.say("console-import-column-since"),
        Column::Name => words.say("console-import-column-name"),
        column => say::name(words, column.name()),
    }
}

fn sample(words: Words, person: &Person) -> String {
    let part = |(column, text): (&Column, &String)| format!("{}: {text}", column_name(words, *column));
    let parts: Vec<String> = person.details.iter().map(part).collect();
    words.say_with(
        "console-import-sample",
        &[("line", &person.line.to_string()), ("details", &parts.join(" · "))],
    )
}

fn bad_row(words: Words, bad: &BadRow) -> String {
    let line = bad.line.to_string();
    let said = |key: &str, more: &[(&str, &str)]| {
        let mut with = vec![("line", line.as_str())];
        with.extend_from_slice(more);
        words.say_with(key, &with)
    };
    match bad.reason {
        Reason::Cells { has, header } => {
            said("console-import-bad-cells", &[("has", &has.to_string()), ("header", &header.to_string())])
        }
        Reason::NoEmail => said("console-import-bad-no-email", &[]),
        Reason::NotAnEmail => said("console-import-bad-email", &[]),
        Reason::TooLong(column) => said("console-import-bad-long", &[("name", &column_name(words, column))]),
        Reason::Here => said("console-import-bad-here", &[]),
        Reason::Twice(first) => said("console-import-bad-twice", &[("first", &first.to_string())]),
    }
}

/// `POST /console/import`.
pub(crate) async fn take_in(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Posted(fields): Posted,
    Uploaded(bytes): Uploaded,
) -> Response {
    let sent = match read(&site, words, &acting, &fields, &bytes).await {
        Ok(sent) => sent,
        Err(refused) => return *refused,
    };
    let preview = match looked_through(&site, &acting, &sent).await {
        Ok(preview) => preview,
        Err(error) => return not_previewed(&site, words, &acting, &sent, error).await,
    };
    match site.space.take_in(&preview).await {
        Ok(taken) => {
            Redirect::to(&format!("{IMPORT}?new={}&known={}", taken.new, taken.known)).into_response()
        }
        Err(error) => not_previewed(&site, words, &acting, &sent, error).await,
    }
}

/// Whom a form names: the boxes that are ticked.
fn chosen(fields: &Fields) -> Vec<String> {
    let names = fields.iter().filter_map(|(name, _)| name.strip_prefix("person-"));
    names.take(PAGE).map(str::to_owned).collect()
}

async fn nobody_chosen(site: &SpaceWeb, words: Words, acting: &Acting) -> Response {
    let said = ("people", words.say("console-import-nobody-chosen"));
    listed(site, words, acting, StatusCode::UNPROCESSABLE_ENTITY, &Fields::default(), None, Some(said)).await
}

/// `POST /console/import/invite`: the first mail that any of them gets.
pub(crate) async fn invite(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Posted(fields): Posted,
) -> Response {
    let ids = chosen(&fields);
    if ids.is_empty() {
        return nobody_chosen(&site, words, &acting).await;
    }
    let mut counts: BTreeMap<&str, u32> = BTreeMap::from([("invited", 0)]);
    let mut count = |name| {
        let times = counts.entry(name).or_default();
        *times = times.saturating_add(1);
    };
    for id in &ids {
        match site.space.invite_imported(id, words.tag(), Some(&acting.teammate.id)).await {
            Ok(_) => count("invited"),
            Err(InviteError::AlreadyOpen) => count("open"),
            Err(InviteError::TooMany) => count("waits"),
            // Somebody else has deleted them, or they have answered.
            Err(InviteError::Space(SpaceError::NoSuch(_))) => {}
            Err(InviteError::Space(SpaceError::NoSuchForm(_))) => {
                return cannot(&site, words, &acting, words.say("console-import-form-gone")).await;
            }
            Err(InviteError::Space(SpaceError::Left)) => {
                return cannot(&site, words, &acting, words.say("console-import-left")).await;
            }
            Err(InviteError::Obstacle(Obstacle::NoMailServer | Obstacle::NoNetwork)) => {
                return cannot(&site, words, &acting, words.say("console-import-no-mail")).await;
            }
            Err(InviteError::Space(error)) => return Failed::from(error).page(words),
            Err(_) => return cannot(&site, words, &acting, words.say("console-invite-cannot")).await,
        }
    }
    let query: Vec<String> = counts.iter().map(|(name, count)| format!("{name}={count}")).collect();
    Redirect::to(&format!("{IMPORT}?{}", query.join("&"))).into_response()
}

async fn cannot(site: &SpaceWeb, words: Words, acting: &Acting, said: String) -> Response {
    let query = Fields::default();
    listed(site, words, acting, StatusCode::CONFLICT, &query, None, Some(("people", said))).await
}

/// `POST /console/import/delete`.
pub(crate) async fn delete(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Posted(fields): Posted,
) -> Response {
    let ids = chosen(&fields);
    if ids.is_empty() {
        return nobody_chosen(&site, words, &acting).await;
    }
    for id in &ids {
        if let Err(error) = site.space.forget_imported(id).await {
            return Failed::from(error).page(words);
        }
    }
    Redirect::to(&format!("{IMPORT}?deleted={}", ids.len())).into_response()
}
