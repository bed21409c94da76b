//! The fields of the details' page: which there are, what is typed into them, and the values that they stand for.

use serde_json::{Map, Value};
use wallet::DetailForm;
use web::form::Fields;

/// Longest text of a field, in characters.
const LONGEST: usize = 2_000;

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    You,
    Contact,
    Work,
    Billing,
}

impl Group {
    /// Every group, with the key of its name.
    pub(crate) const ALL: [(Self, &'static str); 4] = [
        (Self::You, "details-you"),
        (Self::Contact, "details-contact"),
        (Self::Work, "details-work"),
        (Self::Billing, "details-billing"),
    ];
}

/// How a field is typed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// One line; the type of the box.
    Line(&'static str),
    /// One line; the keyboard that a phone shows for it.
    Keys(&'static str),
    /// Several lines.
    Area,
    /// A list, parted by commas.
    Commas,
    /// A list, one entry a line.
    Lines,
}

/// One field: its path, its group, how it is typed, and how a browser helps to fill it in.
pub(crate) struct Known {
    pub(crate) path: &'static str,
    pub(crate) group: Group,
    pub(crate) input: Input,
    pub(crate) autocomplete: &'static str,
}

const fn known(path: &'static str, group: Group, input: Input, autocomplete: &'static str) -> Known {
    Known { path, group, input, autocomplete }
}

/// The details that the network's own type lists, as far as spaces ask for them; the picture has a page of its own.
pub(crate) const FIELDS: [Known; 21] = [
    known("given_name", Group::You, Input::Line("text"), "given-name"),
    known("family_name", Group::You, Input::Line("text"), "family-name"),
    known("nickname", Group::You, Input::Line("text"), "nickname"),
    known("birthdate", Group::You, Input::Line("date"), "bday"),
    known("bio", Group::You, Input::Area, "off"),
    known("email", Group::Contact, Input::Line("email"), "email"),
    known("phone_number", Group::Contact, Input::Line("tel"), "tel"),
    known("address.street_address", Group::Contact, Input::Area, "street-address"),
    known("address.postal_code", Group::Contact, Input::Line("text"), "postal-code"),
    known("address.locality", Group::Contact, Input::Line("text"), "address-level2"),
    known("address.region", Group::Contact, Input::Line("text"), "address-level1"),
    known("address.country", Group::Contact, Input::Line("text"), "country-name"),
    known("company", Group::Work, Input::Line("text"), "organization"),
    known("role", Group::Work, Input::Line("text"), "organization-title"),
    known("website", Group::Work, Input::Keys("url"), "url"),
    known("skills", Group::Work, Input::Commas, "off"),
    known("links", Group::Work, Input::Lines, "off"),
    known("billing.name", Group::Billing, Input::Line("text"), "billing name"),
    known("billing.tax_id", Group::Billing, Input::Line("text"), "off"),
    known("billing.address", Group::Billing, Input::Area, "billing street-address"),
    known("profile", Group::Work, Input::Keys("url"), "off"),
];

impl Known {
    /// The detail that it belongs to.
    pub(crate) fn top(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(top, _)| top)
    }

    /// Its name in the page, which has no points in it.
    pub(crate) fn id(&self) -> String {
        self.path.replace('.', "-")
    }

    /// What is said of it among `claims`, as it is typed; nothing where it is of another form, which the terminal set.
    pub(crate) fn said(&self, claims: &Map<String, Value>) -> String {
        let top = claims.get(self.top());
        let value = match self.path.split_once('.') {
            Some((_, member)) => top.and_then(|top| top.get(member)),
            None => top,
        };
        let lines = |value: &Value, between: &str| {
            let all = value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
            Some(all.join(between))
        };
        let text = match self.input {
            Input::Line(_) | Input::Keys(_) | Input::Area => value.and_then(Value::as_str).map(str::to_owned),
            Input::Commas => value.and_then(|value| lines(value, ", ")),
            Input::Lines => value.and_then(|value| lines(value, "\n")),
        };
        text.unwrap_or_default()
    }

    /// The value of what is typed; null of nothing.
    fn value(&self, typed: &str) -> Value {
        let list = |parts: &mut dyn Iterator<Item = String>| {
            let all: Vec<Value> = parts.filter(|part| !part.is_empty()).map(Value::from).collect();
            if all.is_empty() { Value::Null } else { Value::from(all) }
        };
        match (self.input, typed) {
            (Input::Commas, typed) => list(&mut typed.split([',', '\n']).map(|part| part.trim().to_owned())),
            (Input::Lines, typed) => list(&mut typed.lines().map(|line| address(line.trim()))),
            (_, "") => Value::Null,
            (Input::Keys(_), typed) => Value::from(address(typed)),
            (_, typed) => Value::from(typed),
        }
    }
}

/// An address as it is typed by most: without its beginning.
fn address(typed: &str) -> String {
    if typed.is_empty() || typed.contains(':') { typed.to_owned() } else { format!("https://{typed}") }
}

/// What is typed into a field, with line ends as they are kept.
pub(crate) fn typed(fields: &Fields, field: &Known) -> Option<String> {
    fields.optional(&field.id()).map(|text| text.trim().replace("\r\n", "\n"))
}

/// The value that each detail of the page would have: by its name, what is typed put into what there is.
pub(crate) fn values(fields: &Fields, claims: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    let mut values: Vec<(&'static str, Value)> = Vec::new();
    for field in &FIELDS {
        let name = field.top();
        let before = claims.get(name).cloned().unwrap_or(Value::Null);
        if !values.iter().any(|(one, _)| *one == name) {
            values.push((name, before));
        }
        let Some(typed) = typed(fields, field).filter(|typed| *typed != field.said(claims)) else { continue };
        let Some((_, value)) = values.iter_mut().find(|(one, _)| *one == name) else { continue };
        match field.path.split_once('.') {
            None => *value = field.value(&typed),
            Some((_, member)) => put(value, member, field.value(&typed)),
        }
    }
    values
}

/// Puts a member into a detail that has several; one without any is none.
fn put(detail: &mut Value, member: &str, value: Value) {
    let mut members = detail.as_object().cloned().unwrap_or_default();
    if value.is_null() {
        members.remove(member);
    } else {
        members.insert(member.to_owned(), value);
    }
    *detail = if members.is_empty() { Value::Null } else { Value::Object(members) };
}

/// The value of what is typed for the detail of this name.
pub(crate) fn value_of(name: &str, typed: &str) -> Value {
    let known = FIELDS.iter().find(|field| field.path == name);
    known.map_or_else(|| Value::from(typed), |field| field.value(typed))
}

/// How the detail of this name is typed; none where no field of one text stands for it.
pub(crate) fn said(name: &str, value: &Value) -> Option<String> {
    let claims = Map::from_iter([(name.to_owned(), value.clone())]);
    match FIELDS.iter().find(|field| field.path == name) {
        Some(field) => Some(field.said(&claims)).filter(|text| !text.is_empty()),
        None => value.as_str().map(str::to_owned),
    }
}

/// Why nobody would take what is typed for the detail of this name: the key of what is wanted.
pub(crate) fn fault(name: &str, typed: &str, now: environment::Timestamp) -> Option<&'static str> {
    if typed.chars().count() > LONGEST {
        return Some("details-long");
    }
    let form = DetailForm::of(name).filter(|form| !form.fits(&value_of(name, typed), now))?;
    Some(wanted(form))
}

/// The fields whose values nobody would take, each with the key of what is wanted.
pub(crate) fn wrong(fields: &Fields, now: environment::Timestamp) -> Vec<(&'static Known, &'static str)> {
    let wrong = FIELDS.iter().filter_map(|field| {
        let typed = typed(fields, field).filter(|typed| !typed.is_empty())?;
        if typed.chars().count() > LONGEST {
            return Some((field, "details-long"));
        }
        // What stands in a detail of several members is a line, or for an address that is one text several.
        let form = match (field.path.contains('.'), field.input) {
            (true, Input::Area) => Some(DetailForm::Text),
            (true, _) => Some(DetailForm::Line),
            (false, _) => DetailForm::of(field.path),
        };
        let form = form.filter(|form| !form.fits(&field.value(&typed), now))?;
        Some((field, wanted(form)))
    });
    wrong.collect()
}

const fn wanted(form: DetailForm) -> &'static str {
    match form {
        DetailForm::MailAddress => "details-mail",
        DetailForm::PastDay => "details-day",
        DetailForm::PhoneNumber => "details-phone",
        DetailForm::WebAddress | DetailForm::WebAddresses => "details-web",
        DetailForm::Lines => "details-lines",
        DetailForm::Line => "details-line",
        DetailForm::Text | DetailForm::Picture => "details-letters",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(fields: &str, claims: &Value) -> Value {
        let claims = claims.as_object().unwrap();
        let all = values(&Fields::parse(fields).unwrap(), claims);
        Value::Object(
            all.into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    #[test]
    fn what_is_typed_becomes_the_value_that_a_space_reads() {
        let typed = "given_name=+Ada+&skills=felt%2C+glaze%2C%2C&links=ada.example%0D%0Ahttps%3A%2F%2Fb.example&website=ada.example&address-locality=Bilbao&billing-address=One%0D%0ATwo";
        let wanted = json!({
            "given_name": "Ada", "skills": ["felt", "glaze"], "links": ["https://ada.example", "https://b.example"],
            "website": "https://ada.example", "address": {"locality": "Bilbao"}, "billing": {"address": "One\nTwo"},
        });
        assert_eq!(of(typed, &json!({})), wanted);
        // Shown and sent back unchanged, it is the same.
        let claims = wanted.as_object().unwrap();
        let again: Vec<String> = FIELDS
            .iter()
            .map(|field| {
                format!(
                    "{}={}",
                    field.id(),
                    url::form_urlencoded::byte_serialize(field.said(claims).as_bytes()).collect::<String>()
                )
            })
            .collect();
        assert_eq!(of(&again.join("&"), &wanted), wanted);
    }

    #[test]
    fn what_is_emptied_goes_and_what_is_not_on_the_page_stays() {
        let before =
            json!({"company": "Bakery", "address": {"locality": "Bilbao", "formatted": "x"}, "links": "odd"});
        let after = of("company=&address-locality=&links=", &before);
        assert_eq!(after, json!({"address": {"formatted": "x"}, "links": "odd"}));
        assert_eq!(of("address-locality=", &json!({"address": {"locality": "Bilbao"}})), json!({}));
    }

    #[test]
    fn each_field_has_a_name_of_its_own_and_a_word() {
        let mut ids: Vec<String> = FIELDS.iter().map(Known::id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), FIELDS.len());
        for field in &FIELDS {
            let key = format!("detail-{}", field.path.replace(['_', '.'], "-"));
            assert!(web::Words::default().knows(&key), "{key}");
        }
    }
}
