//! What the command prints where no server is needed: its help, and what it says to a wrong
//! command line. `TRYCMD=overwrite cargo test --test command_line` records it anew.

#[test]
fn command_line() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
