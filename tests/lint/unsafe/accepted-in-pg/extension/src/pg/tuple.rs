pub(crate) fn value() -> u8 {
    // SAFETY: a constant is always there.
    unsafe { *core::ptr::addr_of!(ONE) }
}
