//! `steward audit seal`

use serde::Serialize;

use super::keep;
use crate::cli::{Global, LogName};
use crate::command::connect::connect;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Console, Report};

#[derive(Serialize)]
struct Sealed {
    log: String,
    anchor: Option<String>,
}

pub(super) fn run(log: &LogName, global: &Global, console: &Console) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let log = keep::find(&mut client, log)?;
    let mut transaction = client.transaction()?;
    let sql = format!("select steward.seal_audit({}) as anchor", log.literal());
    let anchor = keep::names(&keep::call(&mut transaction, &sql)?).pop();
    transaction.commit()?;
    if anchor.is_none() {
        console.note(&format!("{} has nothing to seal yet", log.name));
    }
    console.show(&Sealed {
        log: log.name,
        anchor,
    })?;
    Ok(Exit::Success)
}

impl Report for Sealed {
    fn text(&self) -> Option<String> {
        self.anchor.clone()
    }
}
