//! Has the crate rebuilt when a blueprint gains or loses a file: the macro that embeds them is
//! expanded again only when the compiler has a reason to run, and a new file gives it none.

fn main() {
    println!("cargo::rerun-if-changed=../sql");
}
