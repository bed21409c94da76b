//! `passport network init`: an operator, an office and one space in one folder, each admitted by the first.

use ::operator::Operator;

use super::*;

/// The folder of the office in a network of one.
const OFFICE: &str = "office";

/// A network of one's own: the space, and what it needs around it.
#[derive(Args, Debug)]
pub(crate) struct NewNetwork {
    #[command(flatten)]
    space: NewParty,
    #[command(flatten)]
    mail: MailArguments,
    /// Name of the network, for people; without it, that of the space.
    #[arg(long, value_name = "NAME")]
    network_name: Option<String>,
    /// Address of the office, if not `office.` before that of the space.
    #[arg(long, value_name = "URL")]
    office_origin: Option<Url>,
    /// Address of the network's operator, if not `operator.` before that of the space.
    #[arg(long, value_name = "URL")]
    operator_origin: Option<Url>,
}

/// What is to be made, once nothing in it is wrong.
struct Plan {
    network_name: String,
    list_url: String,
    office: (NewParty, PartySettings),
    space: (NewParty, PartySettings),
}

impl NewNetwork {
    fn plan(&self, environment: &Environment) -> Result<Plan> {
        let space = new_space(&self.space)?;
        ensure!(
            self.space.folder != OFFICE,
            "the folder {OFFICE} is that of the network's office: take another name"
        );
        let beside = |given: &Option<Url>, name: &str| match given {
            Some(origin) => Ok(origin.clone()),
            None => below(&self.space.origin, name),
        };
        let operator = beside(&self.operator_origin, OPERATOR)?;
        check_origin(&operator).context("--operator-origin")?;
        let office_party = NewParty {
            folder: OFFICE.to_owned(),
            origin: beside(&self.office_origin, OFFICE)?,
            name: format!("{} passport office", self.space.name.trim()),
            ..self.space.clone()
        };
        let office = new_office(&office_party, &self.mail, environment).context("the office")?;
        let hosts = [operator.host_str(), office_party.origin.host_str(), self.space.origin.host_str()];
        let [first, second, third] = hosts;
        ensure!(
            first != second && second != third && first != third,
            "operator, office and space need a host name each"
        );
        let network_name = self.network_name.clone().unwrap_or_else(|| self.space.name.clone());
        Ok(Plan {
            network_name: network_name.trim().to_owned(),
            list_url: operator.join("/network-list")?.to_string(),
            office: (office_party, office),
            space: (self.space.clone(), space),
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
    let plan = new.plan(environment)?;
    let folders = [OPERATOR, OFFICE, &plan.space.0.folder].map(|name| data.join(name));
    for folder in &folders {
        ensure!(
            !folder.exists(),
            "{} is there already: a network of one begins in a folder without it; name another with --data",
            folder.display()
        );
    }
    let made = fill_all(&plan, data, environment);
    if let Err(error) = made {
        // Nothing of it was served yet, so nobody knows the identifiers in it.
        for folder in &folders {
            let _ = fs::remove_dir_all(folder);
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
    let (space, office) = (&plan.space.1, &plan.office.1);
    let data = data.display();
    writeln!(
        output,
        "{} is a network of one in {data}: its operator, its office and its space.\n",
        space.name
    )?;
    if space.is_development() {
        let port = space.origin.port_or_known_default().unwrap_or_default();
        writeln!(output, "Start all three:  passport serve --data {data} --listen 127.0.0.1:{port}")?;
    } else {
        let operator = Url::parse(&plan.list_url)?;
        writeln!(
            output,
            "Start all three:  passport serve --data {data}, behind a proxy that speaks TLS for {}, {} and {}, or with --listen, --tls-cert and --tls-key",
            space.host(),
            office.host(),
            operator.host_str().unwrap_or_default()
        )?;
    }
    let descriptor = plan.list_url.replace("/network-list", "/network.json");
    writeln!(output, "Members join it:  passport wallet network {descriptor}")?;
    writeln!(output, "They begin at:    {}/passport and {}/join", office.origin(), space.origin())?;
    writeln!(output, "A larger network: passport network join URL --data {data} (docs/space.md)")?;
    Ok(())
}
