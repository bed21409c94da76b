//! A table of people, a piece at a time.

use serde::Deserialize;
use serde_json::{Value, json};
use verifier::exporting::table::{Layout, Separator};
use verifier::exporting::{Place, Wanted};
use verifier::team::looks::Looker;
use verifier::{Space, SpaceError};

/// What of whom, and which piece of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    /// The details; all that there are if none is named.
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    imported: bool,
    separator: Option<String>,
    #[serde(default)]
    mark: bool,
    /// From the piece before: the look that was noted, the columns as they were, and the place.
    look: Option<String>,
    place: Option<String>,
}

/// The first piece has the header, and notes the look; the others name it.
pub(super) async fn export(space: &Space, wish: Wish) -> Result<Value, SpaceError> {
    let separator = wish.separator.as_deref().unwrap_or("comma");
    let separator = Separator::of_name(separator).ok_or(SpaceError::NoSuch("separator"))?;
    let layout = Layout { separator, mark: wish.mark };
    let claims = match wish.columns.is_empty() {
        true => space.exportable().await?.claims.into_keys().collect(),
        false => wish.columns,
    };
    let wanted = Wanted { claims, imported: wish.imported };
    let (look, mut text) = match wish.look {
        Some(look) => (look, String::new()),
        None => (space.begin_export(&wanted, Looker::Terminal).await?, layout.header(&wanted)),
    };
    let place = wish.place.as_deref().map(place).transpose()?;
    let piece = space.export_piece(&look, &wanted, place.as_ref(), Looker::Terminal).await?;
    for row in &piece.rows {
        text.push_str(&layout.row(&wanted, row));
    }
    Ok(json!({
        "text": text, "people": piece.rows.len(), "look": look, "columns": wanted.claims,
        "place": piece.next.as_ref().map(written),
    }))
}

fn written(place: &Place) -> String {
    match place {
        Place::Contact(after) => format!("contact {after}"),
        Place::Imported(after) => format!("imported {}", after.as_deref().unwrap_or_default()),
    }
}

fn place(text: &str) -> Result<Place, SpaceError> {
    let (kind, after) = text.split_once(' ').ok_or(SpaceError::NoSuch("place in the table"))?;
    match kind {
        "contact" => Ok(Place::Contact(after.to_owned())),
        "imported" => Ok(Place::Imported(Some(after.to_owned()).filter(|after| !after.is_empty()))),
        _ => Err(SpaceError::NoSuch("place in the table")),
    }
}
