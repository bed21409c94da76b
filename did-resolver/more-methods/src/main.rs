//! `more-methods`: serves on one address of this machine until it is told to stop.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(version, about = "Resolves further DID methods for `passport resolver serve --more-methods URL`")]
struct Arguments {
    /// Address and port to listen on; of this machine alone, because it knows neither TLS nor budgets.
    #[arg(long, default_value = "127.0.0.1:8091")]
    listen: SocketAddr,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let address = Arguments::parse().listen;
    if !address.ip().is_loopback() {
        eprintln!(
            "{address} can be reached from outside; listen on 127.0.0.1 or ::1 and put a proxy before it"
        );
        return ExitCode::from(2);
    }
    match serve(address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot serve on {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(address: SocketAddr) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!(
        "Resolving did:pkh, did:tz, did:ethr and did:ion on {}; stop with Ctrl-C.",
        listener.local_addr()?
    );
    axum::serve(listener, more_methods::router())
        .with_graceful_shutdown(async {
            // Without signals it is ended from outside all the same.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await
}
