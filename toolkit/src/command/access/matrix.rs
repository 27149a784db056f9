//! `steward test access`

use serde::Serialize;

use crate::access::{Line, matrix};
use crate::cli::{Global, Matrix};
use crate::command::connect::connect;
use crate::error::Result;
use crate::exit::Exit;
use crate::extension;
use crate::output::{Console, Report, Table};

#[derive(Serialize)]
struct Tried<'a> {
    schema: &'a str,
    role: &'a str,
    matrix: Vec<Line>,
}

pub(super) fn run(arguments: &Matrix, global: &Global, console: &Console) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let mut transaction = client.transaction()?;
    extension::must_be_there(&mut transaction)?;
    let lines = matrix(&mut transaction, arguments)?;
    transaction.rollback()?;
    console.show(&Tried {
        schema: arguments.schema.as_str(),
        role: &arguments.role,
        matrix: lines,
    })?;
    Ok(Exit::Success)
}

impl Report for Tried<'_> {
    fn text(&self) -> Option<String> {
        let mut table = Table::new(["TABLE", "USER", "SELECT", "INSERT", "UPDATE", "DELETE"]);
        for line in &self.matrix {
            table.row([
                line.table.clone(),
                line.user.clone().unwrap_or_else(|| "(nobody)".to_owned()),
                line.select.text(),
                line.insert.text(),
                line.update.text(),
                line.delete.text(),
            ]);
        }
        Some(table.text())
    }
}
