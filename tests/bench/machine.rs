//! Where and on what the benchmarks ran: a figure without it says nothing.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;

use serde::Serialize;

/// The machine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// Processes that wanted to run in the minute before the benchmarks began: on a quiet machine
    /// below one.
    pub(crate) load_before: Option<f64>,
}

impl Machine {
    pub(crate) fn this() -> Self {
        Self {
            processor: processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, Into::into),
            load_before: load(),
        }
    }
}

/// Linux tells it in a file, macOS and BSD through sysctl.
fn processor() -> Option<String> {
    if let Ok(text) = fs::read_to_string("/proc/cpuinfo") {
        return text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim() == "model name")
            .map(|(_, model)| model.trim().to_owned());
    }
    output("sysctl", &["-n", "machdep.cpu.brand_string"])
        .or_else(|| output("sysctl", &["-n", "hw.model"]))
}

fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The commit that is checked out, marked where files differ from it.
pub(crate) fn git_commit() -> Option<String> {
    output(
        "git",
        &[
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "describe",
            "--always",
            "--abbrev=40",
            "--exclude=*",
            "--dirty",
        ],
    )
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
