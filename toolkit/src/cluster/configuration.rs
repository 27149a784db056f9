//! The configuration files of a throwaway server.

use std::path::Path;

use super::ClusterOptions;

/// The text of `postgresql.conf`: what initdb found out about the machine, then our settings, then
/// the caller's.
pub(super) fn postgresql_conf(options: &ClusterOptions, folder: &Path, port: u16) -> String {
    let folder = folder.to_string_lossy();
    let hba_file = format!("{folder}/pg_hba.conf");
    let listen_addresses = if options.listen_on_loopback {
        "127.0.0.1"
    } else {
        ""
    };
    let mut lines = vec!["include 'data/postgresql.conf'".to_owned()];
    let mut set = |name: &str, value: &str| lines.push(format!("{name} = {}", quote(value)));
    set("hba_file", &hba_file);
    set("listen_addresses", listen_addresses);
    set("port", &port.to_string());
    set("unix_socket_directories", &folder);
    // The same output on every machine.
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    if !options.durable {
        set("fsync", "off");
        set("full_page_writes", "off");
        set("synchronous_commit", "off");
    }
    for (name, value) in &options.settings {
        set(name, value);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The text of `pg_hba.conf`: the caller's lines first, since the first that matches decides. The
/// socket is in a folder that only the server's account can enter, so it needs no password.
pub(super) fn pg_hba_conf(options: &ClusterOptions) -> String {
    let mut text = String::new();
    for line in &options.host_based_authentication {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("local all all trust\nlocal replication all trust\n");
    text
}

/// A value as the server's configuration files quote it.
fn quote(value: &str) -> String {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('\'', "''")
        .replace('\n', "\\n");
    format!("'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(quote("a'b\\c\nd"), r"'a''b\\c\nd'");
    }
}
