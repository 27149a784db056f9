//! Points and boxes, in pixels; y grows downwards.

/// How large something is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::graph) struct Size {
    pub(in crate::graph) width: f64,
    pub(in crate::graph) height: f64,
}

/// A place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::graph) struct Point {
    pub(in crate::graph) x: f64,
    pub(in crate::graph) y: f64,
}

/// A box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::graph) struct Rectangle {
    pub(in crate::graph) corner: Point,
    pub(in crate::graph) size: Size,
}

impl Point {
    pub(super) fn moved(self, by: Self) -> Self {
        Self {
            x: self.x + by.x,
            y: self.y + by.y,
        }
    }
}

impl Rectangle {
    pub(super) fn moved(self, by: Point) -> Self {
        Self {
            corner: self.corner.moved(by),
            ..self
        }
    }

    pub(in crate::graph) fn right(&self) -> f64 {
        self.corner.x + self.size.width
    }

    pub(in crate::graph) fn bottom(&self) -> f64 {
        self.corner.y + self.size.height
    }

    pub(in crate::graph) fn middle(&self) -> Point {
        Point {
            x: self.corner.x + self.size.width / 2.0,
            y: self.corner.y + self.size.height / 2.0,
        }
    }
}
