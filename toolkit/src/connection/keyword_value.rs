//! Connection strings of the form `host=localhost dbname='my database'`.

use super::parameters::{Parameter, Parameters};
use crate::error::{Error, Result};

/// Reads a connection string. Errors tell a position and repeat nothing that may be a password.
pub(super) fn parse(text: &str) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    let mut reader = Reader { text, position: 0 };
    loop {
        reader.skip_space();
        if reader.rest().is_empty() {
            return Ok(parameters);
        }
        let start = reader.position;
        let name = reader.take_while(|letter| letter != '=' && !letter.is_ascii_whitespace());
        reader.skip_space();
        if !reader.take('=') {
            return Err(malformed(text, "missing \"=\"", start));
        }
        reader.skip_space();
        let value = reader.value()?;
        parameters.set(Parameter::named(name)?, value);
    }
}

struct Reader<'text> {
    text: &'text str,
    position: usize,
}

impl<'text> Reader<'text> {
    fn rest(&self) -> &'text str {
        &self.text[self.position..]
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.rest().chars().next()?;
        self.position += letter.len_utf8();
        Some(letter)
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.position += expected.len_utf8();
        }
        found
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'text str {
        let rest = self.rest();
        let length = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    fn skip_space(&mut self) {
        self.take_while(|letter| letter.is_ascii_whitespace());
    }

    /// A value up to the next space, or a quoted one; a backslash takes the next letter as it is.
    fn value(&mut self) -> Result<String> {
        let start = self.position;
        let quoted = self.take('\'');
        let mut value = String::new();
        loop {
            match self.next() {
                None if quoted => return Err(malformed(self.text, "unterminated quote", start)),
                None => return Ok(value),
                Some('\\') => value.extend(self.next()),
                Some('\'') if quoted => return Ok(value),
                Some(letter) if !quoted && letter.is_ascii_whitespace() => return Ok(value),
                Some(letter) => value.push(letter),
            }
        }
    }
}

fn malformed(text: &str, what: &str, position: usize) -> Error {
    let character = text[..position].chars().count() + 1;
    Error::usage(format!(
        "{what} in the connection string, at character {character}"
    ))
    .hint(
        "A connection string is postgresql://user@host:port/database, or host=... dbname=... with \
         values that hold spaces in single quotes.",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::parse;
    use crate::connection::parameters::Parameter;
    use crate::exit::Exit;

    #[test]
    fn spaces_quotes_and_escapes() {
        let parameters =
            parse(r"  host = a  port=5433 password='it\'s \\ here' dbname=two\ words user=''")
                .expect("a connection string");
        assert_eq!(parameters.get(Parameter::Host), Some("a"));
        assert_eq!(parameters.get(Parameter::Port), Some("5433"));
        assert_eq!(parameters.get(Parameter::Password), Some(r"it's \ here"));
        assert_eq!(parameters.get(Parameter::Database), Some("two words"));
        assert_eq!(parameters.get(Parameter::User), None);
    }

    #[test]
    fn malformed_strings_are_refused_and_not_repeated() {
        for text in [
            "secret",
            "host=a secret",
            "password='secret",
            "host=a Secret1=b",
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.exit(), Exit::Usage);
            assert!(
                !error.to_string().to_lowercase().contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_position_counts_characters() {
        let error = parse("user=ü rest").expect_err("no equals sign");
        assert!(error.message().ends_with("at character 8"), "{error}");
    }

    fn quote(value: &str) -> String {
        format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
    }

    proptest! {
        #[test]
        fn a_quoted_value_is_read_back(password in any::<String>(), database in any::<String>()) {
            let text = format!("password={} dbname = {}", quote(&password), quote(&database));
            let parameters = parse(&text).expect("a connection string");
            prop_assert_eq!(parameters.get(Parameter::Password).unwrap_or(""), password);
            prop_assert_eq!(parameters.get(Parameter::Database).unwrap_or(""), database);
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
