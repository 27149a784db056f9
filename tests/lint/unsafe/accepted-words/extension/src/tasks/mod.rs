//! unsafe in a comment
/* and /* an unsafe nested */ one */
fn words() -> (&'static str, &'static str, char) {
    let _lifetime: &'static str = "a \" quoted unsafe";
    ("unsafe", r#"raw "unsafe""#, '"') // unsafe
}
fn unsafe_in_a_name<'a>(_: &'a str) -> u8 { b'\'' }
