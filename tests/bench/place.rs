//! Where a variant is measured: a schema of its own, in a database of the comparison's own server.

use std::path::Path;

use postgres::Client;
use steward_toolkit::cluster::{Cluster, ClusterOptions, SUPERUSER};
use steward_toolkit::error::Result;

use crate::comparison::Durability;

const DATABASE: &str = "bench";

/// Nothing in the background works while something is measured, and everything stays in memory.
const SETTINGS: [(&str, &str); 7] = [
    ("autovacuum", "off"),
    ("bgwriter_lru_maxpages", "0"),
    ("checkpoint_timeout", "1d"),
    ("max_pred_locks_per_transaction", "1024"),
    ("max_wal_size", "8GB"),
    ("shared_buffers", "2GB"),
    ("wal_buffers", "64MB"),
];

/// A server with nothing but the extension in it.
pub(crate) fn start_server(durability: Durability) -> Result<Cluster> {
    let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let cluster = Cluster::start(&ClusterOptions {
        durable: durability == Durability::Durable,
        settings: settings.to_vec(),
        ..ClusterOptions::default()
    })?;
    cluster
        .client("postgres", SUPERUSER)?
        .batch_execute(&format!("create database {DATABASE}"))?;
    cluster
        .client(DATABASE, SUPERUSER)?
        .batch_execute("create extension steward")?;
    Ok(cluster)
}

/// A schema on that server.
pub(crate) struct Place<'a> {
    cluster: &'a Cluster,
    schema: String,
}

impl<'a> Place<'a> {
    pub(crate) fn of_variant(cluster: &'a Cluster, variant: &str) -> Self {
        Self {
            cluster,
            // A variant may be called steward, and that schema is the extension's.
            schema: format!("bench_{variant}"),
        }
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }

    /// A session that finds its tables in the schema.
    pub(crate) fn connect(&self) -> Result<Client> {
        let mut client = self.cluster.client(DATABASE, SUPERUSER)?;
        client.query(
            "select set_config('search_path', quote_ident($1) || ', public', false)",
            &[&self.schema],
        )?;
        Ok(client)
    }

    /// Makes the schema, empty, and removes what was there.
    pub(crate) fn clear(&self, client: &mut Client) -> Result<()> {
        let row = client.query_one(
            "select format('drop schema if exists %1$I cascade; create schema %1$I', $1::text)",
            &[&self.schema],
        )?;
        Ok(client.batch_execute(row.get(0))?)
    }

    /// Removes what earlier repetitions left dead, and lets the planner know the tables.
    pub(crate) fn vacuum(&self, client: &mut Client) -> Result<()> {
        let tables = client.query(
            "select format('vacuum (analyze) %I.%I', schemaname, tablename) \
             from pg_catalog.pg_tables where schemaname = $1",
            &[&self.schema],
        )?;
        for table in tables {
            client.batch_execute(table.get(0))?;
        }
        Ok(())
    }

    /// A URL for a program.
    pub(crate) fn connection_string(&self) -> String {
        self.cluster.connection_string(DATABASE, SUPERUSER)
    }

    /// The folder of the server's programs.
    pub(crate) fn bin_directory(&self) -> &Path {
        self.cluster.bin_directory()
    }
}
