#[unsafe(no_mangle)]
pub extern "C" fn exported() {}
unsafe impl Send for Pointer {}
