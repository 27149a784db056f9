//! The command `steward`.

use std::process::ExitCode;

fn main() -> ExitCode {
    steward_toolkit::command::main()
}
