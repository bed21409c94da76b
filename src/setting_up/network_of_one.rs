//! `passport network init`: an operator, an office and one space in one folder, each admitted by the first.

use ::operator::Operator;

use super::*;

/// A network of one's own: the space, and what it needs around it.
#[derive(Args, Debug)]
pub(crate) struct NewNetwork {
    #[command(flatten)]
    space: NewParty,
    #[command(flatten)]
    mail: MailArguments,
    #[command(flatten)]
    beside: Beside,
}

/// What is to be made, once nothing in it is wrong.
struct Plan {
    network_name: String,
    list_url: String,
    office: (NewParty, PartySettings),
    space: (NewParty, PartySettings),
}

impl Plan {
    fn of(
        party: &NewParty,
        space: PartySettings,
        mail: Option<MailSettings>,
        beside: &Beside,
        environment: &Environment,
    ) -> Result<Self> {
        ensure!(
            party.folder != OFFICE,
            "the folder {OFFICE} is that of the network's office: take another name"
        );
        let address = |given: &Option<Url>, name: &str| match given {
            Some(origin) => Ok(origin.clone()),
            None => below(&party.origin, name),
        };
        let operator = address(&beside.operator_origin, OPERATOR)?;
        check_origin(&operator).context("--operator-origin")?;
        let office_party = NewParty {
            folder: OFFICE.to_owned(),
            origin: address(&beside.office_origin, OFFICE)?,
            name: format!("{} passport office", party.name.trim()),
            ..party.clone()
        };
        let office = new_office(&office_party, mail.clone(), environment).context("the office")?;
        let hosts = [operator.host_str(), office_party.origin.host_str(), party.origin.host_str()];
        let [first, second, third] = hosts;
        ensure!(
            first != second && second != third && first != third,
            "operator, office and space need a host name each"
        );
        let network_name = beside.network_name.clone().unwrap_or_else(|| party.name.clone());
        Ok(Self {
            network_name: network_name.trim().to_owned(),
            list_url: operator.join("/network-list")?.to_string(),
            office: (office_party, office),
            // The same server takes the invitations of the space.
            space: (party.clone(), PartySettings { mail, ..space }),
        })
    }
}

/// `passport network init`.
///
/// # Errors
/// A sentence for the person at the terminal; then nothing was made.
pub(crate) fn make_network(
    new: &NewNetwork,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let space = new_space(&new.space, Template::Member, Decides::Person)?;
    found(&new.space, space, Some(new.mail.settings()), &new.beside, data, environment, output)
}

/// Whether a network of one can begin in `data`: asked before somebody answers five questions in vain.
///
/// # Errors
/// Somebody of it is there.
pub(super) fn check_room(data: &Path, space: Option<&str>) -> Result<()> {
    for name in [OPERATOR, OFFICE].into_iter().chain(space) {
        let folder = data.join(name);
        // A name that is none is refused as one later.
        ensure!(
            !is_party_name(name) || !folder.exists(),
            "{} is there already: a network of one begins in a folder without it; name another with --data, or make the space alone, for a network that is there, with --alone",
            folder.display()
        );
    }
    Ok(())
}

/// Makes operator, office and space, each admitted by the first.
///
/// # Errors
/// A sentence for the person at the terminal; then nothing was made.
pub(super) fn found(
    party: &NewParty,
    space: PartySettings,
    mail: Option<MailSettings>,
    beside: &Beside,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let plan = Plan::of(party, space, mail, beside, environment)?;
    check_room(data, Some(&plan.space.0.folder))?;
    let made = fill_all(&plan, data, environment);
    if let Err(error) = made {
        // Nothing of it was served yet, so nobody knows the identifiers in it.
        for name in [OPERATOR, OFFICE, &plan.space.0.folder] {
            let _ = fs::remove_dir_all(data.join(name));
        }
        return Err(error);
    }
    tell(&plan, data, output)
}

fn fill_all(plan: &Plan, data: &Path, environment: &Environment) -> Result<()> {
    let operator =
        Operator::init(&data.join(OPERATOR), &plan.network_name, &plan.list_url, environment.clone())
            .context("the network")?;
    for (party, settings) in [&plan.office, &plan.space] {
        let folder = PartyFolder::create(data, &party.folder, environment)?;
        fill(&folder, settings)?;
        folder.put_bundle(&operator.admit(&admission_of(&folder, settings)?)?)?;
    }
    Ok(())
}

/// The address of `name` before the host of the space.
fn below(origin: &Url, name: &str) -> Result<Url> {
    check_origin(origin)?;
    let mut address = origin.clone();
    let host = format!("{name}.{}", origin.host_str().unwrap_or_default());
    address.set_host(Some(&host)).context("the host names of operator and office")?;
    Ok(address)
}

fn tell(plan: &Plan, data: &Path, output: &mut dyn Write) -> Result<()> {
    let (party, space) = (&plan.space.0, &plan.space.1);
    writeln!(
        output,
        "\n{} is a network of one in {}: the space, an office that gives its members passports, and the operator above both.",
        space.name,
        data.display()
    )?;
    writeln!(
        output,
        "Keys, identifiers and certificates are made. Nothing is published before you serve it.\n"
    )?;
    if party.legal_name == party.name || party.supervisory_authority == AUTHORITY {
        writeln!(
            output,
            "Taken for now, until you change {}/{}/party.json (docs/space.md, \"Your settings\"):",
            data.display(),
            party.folder
        )?;
        writeln!(output, "  legal name: {}", space.legal_name)?;
        writeln!(output, "  to complain to: {}\n", space.supervisory_authority)?;
    }
    let flag = data_flag(data);
    writeln!(output, "Start it, and leave it running:")?;
    if space.is_development() {
        let port = space.origin.port_or_known_default().unwrap_or_default();
        let listen = if port == crate::serve::USUAL_PORT {
            String::new()
        } else {
            format!(" --listen 127.0.0.1:{port}")
        };
        writeln!(output, "  passport serve{flag}{listen}\n")?;
    } else {
        let operator = Url::parse(&plan.list_url)?;
        writeln!(
            output,
            "  passport serve{flag}     # behind a proxy that speaks TLS, or with --listen, --tls-cert and --tls-key\n  Three names lead there: {}, {} and {}\n",
            space.host(),
            plan.office.1.host(),
            operator.host_str().unwrap_or_default()
        )?;
    }
    let network = plan.list_url.replace("/network-list", "/network.json");
    next_steps(
        &Around { data, name: &party.folder, space, office: &plan.office.1, network: &network },
        output,
    )
}
