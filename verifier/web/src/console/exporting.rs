//! A table of what is known of people, to be carried away: which columns is chosen first, and that somebody did is noted.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use verifier::SpaceError;
use verifier::exporting::table::{Layout, Separator};
use verifier::exporting::{Exportable, Wanted};
use web::Words;
use web::page::ErrorSummary;

use super::guard::{Acting, Posted};
use super::{frame, words as say};
use crate::site::{Failed, SpaceWeb};

const EXPORT: &str = "/console/export";
/// Largest table that a page makes; the command writes any.
const LARGEST: usize = 64 << 20;
/// Most people of whom a page makes one.
const MOST: usize = 10_000;

#[derive(Template)]
#[template(path = "console/export.html")]
struct Export {
    words: Words,
    csrf: String,
    summary: ErrorSummary,
    people: String,
    imported: Option<String>,
    columns: Vec<(String, String, String)>,
}

/// `GET /console/export`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match site.space.exportable().await {
        Ok(could) => page(&site, words, &acting, &could, StatusCode::OK, None),
        Err(error) => Failed::from(error).page(words),
    }
}

fn page(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    could: &Exportable,
    status: StatusCode,
    error: Option<(&str, String)>,
) -> Response {
    let people =
        |key: &str, count: usize| words.count(key, "count", u32::try_from(count).unwrap_or(u32::MAX));
    let column = |(claim, count): (&String, &usize)| {
        (claim.clone(), say::name(words, claim), people("console-export-of", *count))
    };
    let body = Export {
        words,
        csrf: acting.csrf(),
        summary: ErrorSummary {
            words,
            errors: error.into_iter().map(|(field, said)| (field.to_owned(), said)).collect(),
        },
        people: people("console-export-people", could.people),
        imported: (could.imported > 0).then(|| people("console-export-imported", could.imported)),
        columns: could.claims.iter().map(column).collect(),
    };
    (status, frame::page(site, words, acting, EXPORT, words.say("console-export"), body)).into_response()
}

/// `POST /console/export`: the table as it is at this moment.
pub(crate) async fn carry(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let Some(separator) = Separator::of_name(posted.0.optional("separator").unwrap_or("comma")) else {
        return web::errors::error_page(words, StatusCode::BAD_REQUEST);
    };
    let layout = Layout { separator, mark: posted.text("mark") == "yes" };
    let could = match site.space.exportable().await {
        Ok(could) => could,
        Err(error) => return Failed::from(error).page(words),
    };
    let chosen = |claim: &&String| posted.text(&format!("column-{claim}")) == "yes";
    let claims: Vec<String> = could.claims.keys().filter(chosen).cloned().collect();
    let wanted = Wanted { claims, imported: posted.text("imported") == "yes" };
    let refused = |key: &str| {
        let field = could.claims.keys().next().map_or("people", |_| "columns");
        let said = Some((field, words.say(key)));
        page(&site, words, &acting, &could, StatusCode::UNPROCESSABLE_ENTITY, said)
    };
    if wanted.claims.is_empty() {
        return refused("console-export-nothing-chosen");
    }
    if could.people.saturating_add(could.imported) > MOST {
        return refused("console-export-too-many");
    }
    if site.searches.take(&acting.teammate.id).is_err() {
        return web::errors::error_page(words, StatusCode::TOO_MANY_REQUESTS);
    }
    match table(&site, &acting, &wanted, layout).await {
        Ok(Some(text)) => {
            let headers = [
                (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
                (CONTENT_DISPOSITION, "attachment; filename=\"people.csv\""),
            ];
            (headers, text).into_response()
        }
        Ok(None) => refused("console-export-too-large"),
        Err(error) => Failed::from(error).page(words),
    }
}

/// The whole of it, so that none comes in half; nothing where it is too large.
async fn table(
    site: &SpaceWeb,
    acting: &Acting,
    wanted: &Wanted,
    layout: Layout,
) -> Result<Option<String>, SpaceError> {
    let look = site.space.begin_export(wanted, acting.looker()).await?;
    let (mut text, mut from) = (layout.header(wanted), None);
    loop {
        let piece = site.space.export_piece(&look, wanted, from.as_ref(), acting.looker()).await?;
        for row in &piece.rows {
            text.push_str(&layout.row(wanted, row));
        }
        if text.len() > LARGEST {
            return Ok(None);
        }
        match piece.next {
            Some(next) => from = Some(next),
            None => return Ok(Some(text)),
        }
    }
}
