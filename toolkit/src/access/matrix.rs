//! The matrix: each table, each kind of user, each command, tried with the statements themselves.

use postgres::Transaction;
use postgres_protocol::escape::{escape_identifier, escape_literal};
use serde::Serialize;

use crate::cli::{Kind, Matrix};
use crate::engine::simple_query::{is_true, rows};
use crate::error::{Error, Result};

/// As many rows as there are have their like inserted.
const MOST_INSERTED: usize = 50;
const REFUSED: &str = "42501";
/// The class of what constraints refuse.
const CONSTRAINT: &str = "23";

/// What one kind of user may do with one table.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The table, without its schema.
    pub table: String,
    /// The kind of user; none for nobody.
    pub user: Option<String>,
    /// Rows that are seen.
    pub select: Cell,
    /// Rows whose like is taken.
    pub insert: Cell,
    /// Rows that may be updated.
    pub update: Cell,
    /// Rows that may be deleted.
    pub delete: Cell,
}

/// How many rows of how many; or the SQLSTATE, where the command fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// The command runs.
    Reached {
        /// Rows that are reached.
        rows: u64,
        /// Rows that there are.
        of: u64,
    },
    /// It fails.
    Failed {
        /// The condition.
        sqlstate: String,
    },
}

impl Cell {
    /// As the table for people has it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Reached { rows, of } => format!("{rows}/{of}"),
            Self::Failed { sqlstate } if sqlstate == REFUSED => "-".to_owned(),
            Self::Failed { sqlstate } => format!("error {sqlstate}"),
        }
    }
}

struct Table {
    name: String,
    /// With its schema, as SQL writes it.
    qualified: String,
    /// What the role may insert, as SQL writes it.
    columns: Vec<String>,
    rows: u64,
    /// Some of its rows, as text.
    sample: Vec<String>,
}

/// Tries everything, in a transaction that is to be rolled back.
///
/// # Errors
/// The schema or the role does not exist, or the connected role may not take its part.
pub fn matrix(transaction: &mut Transaction, wanted: &Matrix) -> Result<Vec<Line>> {
    check_role(transaction, &wanted.role)?;
    let connected = rows(
        transaction,
        "select steward.current_user_id(), r.rolsuper as super from pg_catalog.pg_roles as r where r.rolname = current_user",
    )?;
    let is_superuser = connected.iter().any(|row| is_true(row, "super"));
    if is_superuser {
        // What triggers and foreign keys refuse is not what policies refuse.
        transaction.batch_execute("set local session_replication_role = replica")?;
    }
    check_identity(transaction, is_superuser)?;
    let mut lines = Vec::new();
    for table in tables(transaction, wanted)? {
        for kind in std::iter::once(None).chain(wanted.users.iter().map(Some)) {
            let mut attempt = Attempt {
                transaction,
                table: &table,
                kind,
                role: &wanted.role,
                is_superuser,
            };
            lines.push(Line {
                table: table.name.clone(),
                user: kind.map(|kind| kind.name.clone()),
                select: attempt.counting(&format!("select 1 from {}", table.qualified))?,
                insert: attempt.inserting()?,
                update: attempt
                    .counting(&format!("select 1 from {} for update", table.qualified))?,
                delete: attempt
                    .counting(&format!("delete from {} returning 1", table.qualified))?,
            });
        }
    }
    Ok(lines)
}

fn check_role(transaction: &mut Transaction, role: &str) -> Result<()> {
    let found = rows(
        transaction,
        &format!(
            "select rolsuper or rolbypassrls as above, pg_catalog.pg_has_role(oid, 'member') as own from pg_catalog.pg_roles where rolname = {}",
            escape_literal(role)
        ),
    )?;
    let Some(row) = found.first() else {
        return Err(Error::failure(format!("role \"{role}\" does not exist")));
    };
    if is_true(row, "above") {
        return Err(Error::failure(format!("role \"{role}\" is above policies"))
            .detail(
                "It is a superuser, or has BYPASSRLS: it would show nothing about the policies.",
            )
            .hint("Name the plain role that the application connects as."));
    }
    if !is_true(row, "own") {
        return Err(
            Error::failure(format!("cannot take the part of role \"{role}\"")).hint(format!(
                "Connect as a superuser, or as a member: grant {role} to ...;"
            )),
        );
    }
    Ok(())
}

/// Where an identity has to be sealed nobody would be anybody in the matrix, unless a superuser seals it.
fn check_identity(transaction: &mut Transaction, is_superuser: bool) -> Result<()> {
    if is_superuser {
        return Ok(());
    }
    let mut savepoint = transaction.savepoint("identity")?;
    savepoint.batch_execute("set local app.current_user_id = 'somebody'")?;
    let believed = rows(
        &mut savepoint,
        "select steward.current_user_id() is not distinct from 'somebody' as believed",
    )?;
    savepoint.rollback()?;
    if believed.iter().any(|row| is_true(row, "believed")) {
        return Ok(());
    }
    Err(Error::failure(
        "only a superuser may take the part of users where steward.require_sealed_identity is on",
    )
    .hint("Connect as a superuser, or try it in a database without that setting."))
}

fn tables(transaction: &mut Transaction, wanted: &Matrix) -> Result<Vec<Table>> {
    let schema = escape_literal(wanted.schema.as_str());
    let found = rows(
        transaction,
        &format!(
            "select c.relname as name, pg_catalog.format('%I.%I', n.nspname, c.relname) as qualified, ( \
                 select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ',' order by a.attnum) \
                 from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
                     and a.attgenerated = '' and pg_catalog.has_column_privilege({}, c.oid, a.attnum, 'insert')) as columns \
             from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
             where n.nspname = {schema} and c.relkind in ('r', 'p') and not c.relispartition order by 1",
            escape_literal(&wanted.role)
        ),
    )?;
    if found.is_empty() {
        return Err(Error::failure(format!(
            "there is no table in schema \"{}\"",
            wanted.schema.as_str()
        )));
    }
    let mut tables = Vec::new();
    for row in found {
        let text = |column: &str| row.get(column).unwrap_or_default().to_owned();
        let qualified = text("qualified");
        let counted = rows(
            transaction,
            &format!("select pg_catalog.count(*) as count from {qualified}"),
        )?;
        let sample = rows(
            transaction,
            &format!(
                "select (t.*)::pg_catalog.text as line from {qualified} as t limit {MOST_INSERTED}"
            ),
        )?;
        tables.push(Table {
            name: text("name"),
            columns: vec![text("columns")]
                .into_iter()
                .filter(|columns| !columns.is_empty())
                .collect(),
            rows: counted
                .first()
                .and_then(|row| row.get("count")?.parse().ok())
                .unwrap_or_default(),
            sample: sample
                .iter()
                .filter_map(|row| Some(row.get("line")?.to_owned()))
                .collect(),
            qualified,
        });
    }
    Ok(tables)
}

struct Attempt<'attempt, 'client> {
    transaction: &'attempt mut Transaction<'client>,
    table: &'attempt Table,
    kind: Option<&'attempt Kind>,
    role: &'attempt str,
    is_superuser: bool,
}

impl Attempt<'_, '_> {
    /// How many rows a query or a statement with RETURNING gives.
    fn counting(&mut self, statement: &str) -> Result<Cell> {
        let sql = format!(
            "with reached as ({statement}) select pg_catalog.count(*) as count from reached"
        );
        let of = self.table.rows;
        self.as_somebody(|transaction| rows(transaction, &sql))
            .map(|outcome| match outcome {
                Ok(found) => Cell::Reached {
                    rows: found
                        .first()
                        .and_then(|row| row.get("count")?.parse().ok())
                        .unwrap_or_default(),
                    of,
                },
                Err(sqlstate) => Cell::Failed { sqlstate },
            })
    }

    /// How many rows have their like taken. One that a constraint refuses, as for a key that is there, has passed the
    /// policies: they are asked first. After any other error nobody knows: a policy may have failed itself.
    fn inserting(&mut self) -> Result<Cell> {
        let refused = || Cell::Failed {
            sqlstate: REFUSED.to_owned(),
        };
        let Some(columns) = self.table.columns.first() else {
            return Ok(refused());
        };
        let mut taken = 0;
        for line in &self.table.sample {
            let sql = format!(
                "insert into {0} ({columns}) overriding system value select {columns} from (select ({1}::{0}).*) as t",
                self.table.qualified,
                escape_literal(line),
            );
            let outcome = self.as_somebody(|transaction| rows(transaction, &sql))?;
            match outcome {
                Err(sqlstate) if sqlstate == REFUSED => {}
                Err(sqlstate) if !sqlstate.starts_with(CONSTRAINT) => {
                    return Ok(Cell::Failed { sqlstate });
                }
                _ => taken += 1,
            }
        }
        Ok(Cell::Reached {
            rows: taken,
            of: self.table.sample.len() as u64,
        })
    }

    /// Runs a statement as the application's role for the user, and takes back what it did. An error of the
    /// statement is its SQLSTATE.
    fn as_somebody<T>(
        &mut self,
        run: impl FnOnce(&mut Transaction) -> Result<T>,
    ) -> Result<std::result::Result<T, String>> {
        let identity = self.identity();
        let mut savepoint = self.transaction.savepoint("somebody")?;
        savepoint.batch_execute(&identity)?;
        let outcome = run(&mut savepoint);
        savepoint.rollback()?;
        match outcome {
            Ok(result) => Ok(Ok(result)),
            Err(error) => match error.sqlstate().map(str::to_owned) {
                Some(sqlstate) => Ok(Err(sqlstate)),
                None => Err(error),
            },
        }
    }

    /// In the settings that policies written by hand read too; sealed where that can be.
    fn identity(&self) -> String {
        let id = self.kind.map_or("", |kind| kind.id.as_str());
        let role = self
            .kind
            .and_then(|kind| kind.role.as_deref())
            .unwrap_or_default();
        let mut settings = vec![
            ("app.current_user_id", id),
            ("app.user_id", id),
            ("app.user_role", role),
        ];
        if self.is_superuser {
            settings.push(("steward.sealed_user_id", id));
            settings.push(("steward.sealed_user_role", role));
        }
        let set: Vec<_> = settings
            .iter()
            .map(|(setting, value)| format!("set local {setting} = {};", escape_literal(value)))
            .collect();
        format!(
            "{} set local role {};",
            set.concat(),
            escape_identifier(self.role)
        )
    }
}
