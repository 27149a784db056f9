//! Tests of the extension over real connections to a throwaway server.
//!
//! Every test has a database of its own, so they run side by side. They mostly wait for the server,
//! so there are more threads than processors.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use libtest_mimic::{Arguments, Trial};
use steward_tests::{Server, Test};
use steward_toolkit::command;

mod access;
mod attachments;
mod audit;
mod blueprint_agent_hub;
mod blueprint_dafnck_machine;
mod blueprint_jadugar;
mod blueprint_new_fuse;
mod blueprint_scrum_master;
mod blueprints;
mod budgets;
mod churn;
mod claims;
mod dependencies;
mod documentation;
mod dump;
mod encodings;
mod environment;
mod errors;
mod extension;
mod hostile;
mod isolation;
mod notices;
mod progress;
mod stages;
mod tasks;
mod timestamps;

const THREADS_PER_PROCESSOR: usize = 4;

fn main() -> ExitCode {
    // The documentation's commands find this program under the name of the command, so that what they run
    // is what was built with the tests.
    let called = env::args_os().next().map(PathBuf::from);
    if called.is_some_and(|path| path.file_name() == Some("steward".as_ref())) {
        return command::main();
    }
    let mut arguments = Arguments::from_args();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    arguments
        .test_threads
        .get_or_insert(processors * THREADS_PER_PROCESSOR);
    // The last reference stops the server; `exit` would run no destructor.
    let server = match Server::start() {
        Ok(server) => Arc::new(server),
        Err(error) => {
            eprintln!("ERROR:  {error}");
            return ExitCode::FAILURE;
        }
    };
    libtest_mimic::run(&arguments, trials(&server)).exit_code()
}

fn trials(server: &Arc<Server>) -> Vec<Trial> {
    let capabilities: [Vec<Test>; _] = [
        environment::tests(),
        extension::tests(),
        timestamps::all(),
        stages::all(),
        dependencies::all(),
        progress::all(),
        notices::all(),
        isolation::tests(),
        tasks::all(),
        tasks::churn_tests(),
        churn::tests(),
        churn::appending_tests(),
        churn::detaching_tests(),
        claims::all(),
        attachments::tests(),
        audit::all(),
        budgets::all(),
        access::all(),
        errors::tests(),
        dump::tests(),
        encodings::tests(),
        blueprints::all(),
        blueprint_new_fuse::all(),
        blueprint_jadugar::all(),
        blueprint_agent_hub::all(),
        blueprint_dafnck_machine::all(),
        blueprint_scrum_master::all(),
        documentation::all(),
    ];
    capabilities
        .into_iter()
        .flatten()
        .map(|test| test.on(server))
        .collect()
}
