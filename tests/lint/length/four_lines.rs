fn one() {}
fn two() {}
fn three() {}
fn four() {}
