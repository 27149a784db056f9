//! The database that a demonstration takes place in: the blueprints, migrated and seeded by the
//! code behind `steward migrate up` and `steward seed`, and a plain role for each.

use postgres::Client;
use serde::Serialize;

use super::walk::Walk;
use crate::blueprint::Blueprint;
use crate::cluster::{Cluster, SUPERUSER};
use crate::engine::{Migrator, Options, SchemaName, UpTo};
use crate::error::Result;
use crate::seed;

/// The name of the database.
pub(super) const DATABASE: &str = "demo";

/// The seed that every blueprint has.
const SEED: &str = "dev";

/// What runs.
#[derive(Debug, Serialize)]
pub(super) struct Server {
    pub(super) postgresql: String,
    pub(super) extension: String,
}

/// A blueprint that is ready to be shown.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) migrations: usize,
    pub(super) seeded_rows: i64,
}

/// The superuser's connection to the database.
pub(super) struct Database {
    client: Client,
}

impl Database {
    /// Makes the database.
    pub(super) fn create(cluster: &Cluster) -> Result<Self> {
        cluster
            .client(SUPERUSER, SUPERUSER)?
            .batch_execute(&format!("create database {DATABASE}"))?;
        let client = cluster.client(DATABASE, SUPERUSER)?;
        Ok(Self { client })
    }

    /// Migrates and seeds the blueprint in a schema of its own name, and makes the walk's role.
    pub(super) fn prepare(
        &mut self,
        blueprint: &'static Blueprint,
        walk: &Walk,
    ) -> Result<Prepared> {
        let schema: SchemaName = blueprint.name().parse()?;
        let migrations = blueprint.migrations()?;
        let outcome = Migrator::new(
            &mut self.client,
            &schema,
            &migrations,
            Options::default(),
            &(),
        )
        .up(UpTo::Latest)?;
        let changes = match blueprint.seed(SEED) {
            Some(script) => seed::run(&mut self.client, &schema, &script, &())?,
            None => Vec::new(),
        };
        // What the migrations have set for the session is not for this script.
        self.client.batch_execute("reset all")?;
        self.client.batch_execute(walk.preparation)?;
        Ok(Prepared {
            title: blueprint.title(),
            description: blueprint.description(),
            migrations: outcome.applied.len(),
            seeded_rows: changes
                .iter()
                .map(|table| table.inserted - table.deleted)
                .sum(),
        })
    }

    /// What the server says it is.
    pub(super) fn server(&mut self) -> Result<Server> {
        let row = self.client.query_one(
            "select current_setting('server_version'),
                    (select extversion from pg_catalog.pg_extension where extname = 'steward')",
            &[],
        )?;
        let version: &str = row.get(0);
        Ok(Server {
            // Packages append their own name and version.
            postgresql: version
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned(),
            extension: row.get::<_, Option<String>>(1).unwrap_or_default(),
        })
    }

    /// Lets a superuser who connects later see the blueprints' tables without their schemas' names.
    pub(super) fn search(&mut self, blueprints: &[&'static Blueprint]) -> Result<()> {
        let schemas = blueprints
            .iter()
            .map(|blueprint| Ok(blueprint.name().parse::<SchemaName>()?.identifier()))
            .collect::<Result<Vec<_>>>()?;
        Ok(self.client.batch_execute(&format!(
            "alter database {DATABASE} set search_path = {}, public",
            schemas.join(", ")
        ))?)
    }
}
