//! The commands. Printing is allowed here, where it is the product.

mod account;
mod acts;
mod backup;
mod bench;
mod case;
mod check;
mod demo;
mod doctor;
mod dry_run;
mod eval;
mod evidence;
mod exit;
mod explain;
mod fact;
mod init;
mod jobs;
mod journal;
mod kept;
mod local;
mod matching;
mod noted;
mod occupation;
mod pair;
mod print;
mod proactive;
mod profile;
mod progress;
mod release;
mod replay;
mod resend;
mod scan;
mod scratch;
mod send;
mod serve;
mod set_aside;
mod show;
mod sign;
mod simulate;
mod states;
mod status;
mod synth;
mod totalise;
mod translate;
mod ttp;
mod validate;
mod verify;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

pub use exit::Exit;
use exit::Misused;

/// The node a member state of the Eurasian Economic Union runs to exchange
/// pension and labour records with the others.
///
/// A first look: stazh demo. A first try, two nodes on one machine:
///
///   stazh init ru --state RU --listen 127.0.0.1:7701 --peer KZ=https://127.0.0.1:7702/
///   stazh init kz --state KZ --listen 127.0.0.1:7702 --peer RU=https://127.0.0.1:7701/
///   stazh init ru --trust kz ; stazh init kz --trust ru
///   stazh serve ru & stazh serve kz &
///   stazh send ru inquiry.json
///
/// Exit codes:
///   0  done
///   1  a document or record is refused
///   2  wrong usage
///   3  settings, files or environment
///   4  try again later
#[derive(Debug, Parser)]
#[command(name = "stazh", version, verbatim_doc_comment, propagate_version = true)]
pub struct Cli {
    /// What to log: error, warn, info, debug, or a filter such as stazh::flow=debug.
    #[arg(long, global = true, default_value = "warn", value_name = "FILTER")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Serve(serve::Serve),
    Ttp(ttp::Ttp),
    Send(send::Send),
    Case(case::CaseCommand),
    Check(check::CheckCommand),
    Fact(fact::FactCommand),
    Proactive(proactive::ProactiveCommand),
    Account(account::AccountCommand),
    Acts(acts::Acts),
    Backup(backup::Backup),
    Status(status::Status),
    Jobs(Box<jobs::JobsCommand>),
    Journal(journal::Journal),
    Release(release::Release),
    Replay(replay::Replay),
    Resend(resend::Resend),
    Translate(translate::Translate),
    Match(matching::Match),
    Occupation(occupation::OccupationCommand),
    Synth(synth::Synth),
    Totalise(totalise::Totalise),
    Profile(profile::ProfileCommand),
    Validate(validate::Validate),
    Sign(sign::Sign),
    Verify(verify::Verify),
    Evidence(evidence::Evidence),
    Print(print::Print),
    Scan(scan::Scan),
    Doctor(doctor::Doctor),
    Explain(explain::Explain),
    Eval(eval::Eval),
    Bench(bench::Bench),
    Simulate(simulate::Simulate),
}

/// Runs the command line; prints what went wrong, with every cause and what to do.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print(); // a closed terminal cannot be told so
            return ExitCode::from(if error.use_stderr() { Exit::Usage } else { Exit::Done });
        }
    };
    let outcome = start_log(&cli.log).and_then(|()| match cli.command {
        Command::Demo(demo) => demo.run(),
        Command::Init(init) => init.run(),
        Command::Serve(serve) => serve.run(),
        Command::Ttp(ttp) => ttp.run(),
        Command::Send(send) => send.run(),
        Command::Case(case) => case.run(),
        Command::Check(check) => check.run(),
        Command::Fact(fact) => fact.run(),
        Command::Proactive(proactive) => proactive.run(),
        Command::Account(account) => account.run(),
        Command::Acts(acts) => acts.run(),
        Command::Backup(backup) => backup.run(),
        Command::Status(status) => status.run(),
        Command::Jobs(jobs) => jobs.run(),
        Command::Journal(journal) => journal.run(),
        Command::Release(release) => release.run(),
        Command::Replay(replay) => replay.run(),
        Command::Resend(resend) => resend.run(),
        Command::Translate(translate) => translate.run(),
        Command::Match(matching) => matching.run(),
        Command::Occupation(occupation) => occupation.run(),
        Command::Synth(synth) => synth.run(),
        Command::Totalise(totalise) => totalise.run(),
        Command::Profile(profile) => profile.run(),
        Command::Validate(validate) => validate.run(),
        Command::Sign(sign) => sign.run(),
        Command::Verify(verify) => verify.run(),
        Command::Evidence(evidence) => evidence.run(),
        Command::Print(print) => print.run(),
        Command::Scan(scan) => scan.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Explain(explain) => explain.run(),
        Command::Eval(eval) => eval.run(),
        Command::Bench(bench) => bench.run(),
        Command::Simulate(simulate) => simulate.run(),
    });
    match outcome {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => {
            show::error(&error);
            ExitCode::from(Exit::of(&error))
        }
    }
}

fn start_log(filter: &str) -> anyhow::Result<()> {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_new(filter).map_err(|cause| {
        Misused(format!("understand --log {filter}: {cause}; write error, warn, info or debug"))
    })?;
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(is_terminal)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
