//! Connection strings of the form `postgresql://user:password@host:port/database?parameter=value`.

use super::parameters::{Parameter, Parameters};
use crate::error::{Error, Result};

const SCHEMES: [&str; 2] = ["postgresql://", "postgres://"];

/// Whether a connection string is a URL of PostgreSQL.
pub(super) fn is_url(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}

/// Reads a URL. Its parts are told apart before they are decoded, and errors repeat none of them:
/// in a URL with a stray "/" or "@" any part may be a piece of the password.
pub(super) fn parse(text: &str) -> Result<Parameters> {
    let rest = SCHEMES
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .ok_or_else(|| malformed("does not begin with postgresql://"))?;
    let mut parameters = Parameters::default();

    // Like libpq: an "@" before the first "/" ends the user's part, even one behind a "?".
    let before_path = &rest[..rest.find('/').unwrap_or(rest.len())];
    let rest = match before_path.find('@') {
        Some(at) => {
            read_user(&rest[..at], &mut parameters)?;
            &rest[at + 1..]
        }
        None => rest,
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (servers, database) = match rest.split_once('/') {
        Some((servers, database)) => (servers, Some(database)),
        None => (rest, None),
    };
    read_servers(servers, &mut parameters)?;
    if let Some(database) = database {
        if database.contains('@') {
            return Err(malformed("has an \"@\" behind its first \"/\""));
        }
        set_unless_empty(&mut parameters, Parameter::Database, database)?;
    }
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        read_query_parameter(pair, &mut parameters)?;
    }
    Ok(parameters)
}

fn read_user(part: &str, parameters: &mut Parameters) -> Result<()> {
    let (user, password) = part.split_once(':').unwrap_or((part, ""));
    set_unless_empty(parameters, Parameter::User, user)?;
    set_unless_empty(parameters, Parameter::Password, password)
}

/// One server or several, as `a:5432,[::1],%2Ftmp:5433`.
fn read_servers(servers: &str, parameters: &mut Parameters) -> Result<()> {
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for server in servers.split(',') {
        let (host, port) = split_server(server)?;
        hosts.push(percent_decode(host)?);
        let port = percent_decode(port)?;
        if !port.is_empty() && !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed("has a port that is no number"));
        }
        ports.push(port);
    }
    if hosts.iter().any(|host| !host.is_empty()) || hosts.len() > 1 {
        parameters.set(Parameter::Host, hosts.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        parameters.set(Parameter::Port, ports.join(","));
    }
    Ok(())
}

fn split_server(server: &str) -> Result<(&str, &str)> {
    let Some(bracketed) = server.strip_prefix('[') else {
        return Ok(server.split_once(':').unwrap_or((server, "")));
    };
    match bracketed.split_once(']') {
        Some(("", _)) => Err(malformed("has an empty IPv6 address")),
        Some((address, "")) => Ok((address, "")),
        Some((address, port)) => match port.strip_prefix(':') {
            Some(port) => Ok((address, port)),
            None => Err(malformed("has something else than a port behind \"]\"")),
        },
        None => Err(malformed("has an IPv6 address without its closing \"]\"")),
    }
}

fn read_query_parameter(pair: &str, parameters: &mut Parameters) -> Result<()> {
    if pair.is_empty() {
        return Ok(());
    }
    let (name, value) = pair
        .split_once('=')
        .filter(|(_, value)| !value.contains('='))
        .ok_or_else(|| malformed("has a query parameter that is not written name=value"))?;
    let name = percent_decode(name)?;
    let value = percent_decode(value)?;
    // What JDBC's users write.
    if name == "ssl" && value == "true" {
        parameters.set(Parameter::SslMode, "require");
        return Ok(());
    }
    parameters.set(Parameter::named(&name)?, value);
    Ok(())
}

fn set_unless_empty(parameters: &mut Parameters, parameter: Parameter, part: &str) -> Result<()> {
    if !part.is_empty() {
        parameters.set(parameter, percent_decode(part)?);
    }
    Ok(())
}

fn percent_decode(part: &str) -> Result<String> {
    let mut bytes = part.bytes();
    let mut decoded = Vec::with_capacity(part.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digits = [bytes.next(), bytes.next()].map(|digit| digit.and_then(hexadecimal));
        match digits {
            [Some(0), Some(0)] => return Err(malformed("holds the forbidden %00")),
            [Some(high), Some(low)] => decoded.push(high << 4 | low),
            _ => return Err(malformed("holds a \"%\" without two hexadecimal digits")),
        }
    }
    String::from_utf8(decoded).map_err(|_| malformed("is not UTF-8 when decoded"))
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Encodes a part of a URL; what is plain in every part stays, so that paths are legible.
pub(crate) fn percent_encode(part: &str) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            // Writing to a string does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

fn malformed(what: &str) -> Error {
    Error::usage(format!("the connection URL {what}")).hint(
        "A URL is postgresql://user:password@host:port/database?parameter=value. In its parts \
         \"/\" is written %2F, \"@\" %40, \":\" %3A, \"?\" %3F, \"#\" %23 and \"%\" %25.",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{parse, percent_encode};
    use crate::connection::parameters::Parameter;
    use crate::exit::Exit;

    fn check(url: &str, expected: &[(Parameter, &str)]) {
        let parameters = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        for parameter in [
            Parameter::Host,
            Parameter::Port,
            Parameter::User,
            Parameter::Password,
            Parameter::Database,
            Parameter::SslMode,
        ] {
            let value = expected
                .iter()
                .find(|(known, _)| *known == parameter)
                .map(|(_, value)| *value);
            assert_eq!(parameters.get(parameter), value, "{url}: {parameter:?}");
        }
    }

    #[test]
    fn parts_of_a_url() {
        use Parameter::{Database, Host, Password, Port, SslMode, User};
        check("postgresql://", &[]);
        check("postgres://h", &[(Host, "h")]);
        check("postgresql:///d", &[(Database, "d")]);
        check(
            "postgresql://u:p%40ss@h:5433/d?sslmode=disable",
            &[
                (User, "u"),
                (Password, "p@ss"),
                (Host, "h"),
                (Port, "5433"),
                (Database, "d"),
                (SslMode, "disable"),
            ],
        );
        check(
            "postgresql://[2001:db8::1]:1/d",
            &[(Host, "2001:db8::1"), (Port, "1"), (Database, "d")],
        );
        check(
            "postgresql://a:1,b,[::1]:3/",
            &[(Host, "a,b,::1"), (Port, "1,,3")],
        );
        check(
            "postgresql://%2Fvar%2Frun:1/d",
            &[(Host, "/var/run"), (Port, "1"), (Database, "d")],
        );
        check(
            "postgresql://u@/d?host=/tmp&port=7&ssl=true",
            &[
                (User, "u"),
                (Host, "/tmp"),
                (Port, "7"),
                (Database, "d"),
                (SslMode, "require"),
            ],
        );
        check("postgresql://h?user=u", &[(Host, "h"), (User, "u")]);
        check(
            "postgresql://u:p?w@h",
            &[(User, "u"), (Password, "p?w"), (Host, "h")],
        );
    }

    #[test]
    fn malformed_urls_are_refused_and_not_repeated() {
        for url in [
            "postgresql://u:se/cret@h/d",
            "postgresql://u:123/secret@h/d",
            "postgresql://u:secret%zz@h/d",
            "postgresql://u:secret%00@h/d",
            "postgresql://u:%ffsecret@h/d",
            "postgresql://u:secret@[::1/d",
            "postgresql://u:secret@[]/d",
            "postgresql://u:secret@[::1]x/d",
            "postgresql://h/d?secret",
            "postgresql://h/d?password=secret=",
            "postgresql://h:secret/d",
        ] {
            let error = parse(url).expect_err(url);
            assert_eq!(error.exit(), Exit::Usage);
            assert!(!error.to_string().contains("cret"), "{url}: {error}");
        }
    }

    #[test]
    fn an_unknown_query_parameter_is_named() {
        let error = parse("postgresql://h/d?sslmod=require").expect_err("a misspelling");
        assert!(error.message().contains("\"sslmod\""), "{error}");
    }

    proptest! {
        #[test]
        fn encoded_parts_are_read_back(
            user in "[^\0]+", password in "[^\0]+", host in "[^\0,]+", database in "[^\0]+",
            port in any::<u16>(),
        ) {
            let [u, p, h, d] = [&user, &password, &host, &database].map(|part| {
                percent_encode(part).replace('/', "%2F")
            });
            let url = format!("postgresql://{u}:{p}@{h}:{port}/{d}?application_name={p}");
            let parameters = parse(&url).expect("a URL");
            prop_assert_eq!(parameters.get(Parameter::User), Some(user.as_str()));
            prop_assert_eq!(parameters.get(Parameter::Password), Some(password.as_str()));
            prop_assert_eq!(parameters.get(Parameter::Host), Some(host.as_str()));
            prop_assert_eq!(parameters.get(Parameter::Database), Some(database.as_str()));
            prop_assert_eq!(parameters.get(Parameter::ApplicationName), Some(password.as_str()));
            let port = port.to_string();
            prop_assert_eq!(parameters.get(Parameter::Port), Some(port.as_str()));
        }

        #[test]
        fn nothing_makes_it_panic(rest in any::<String>()) {
            let _ = parse(&format!("postgresql://{rest}"));
        }
    }
}
