//! A block, after what looks like a string: '"'
fn quote() -> char { '"' }
fn value(pointer: *const u8) -> u8 {
    unsafe { *pointer }
}
