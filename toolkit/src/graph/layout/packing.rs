//! Parts of a drawing on shelves: beside each other while there is room, then below.

use super::geometry::{Point, Size};

const GAP: f64 = 40.0;
/// About that of a screen.
const WIDTH_TO_HEIGHT: f64 = 1.6;

/// The size of the whole, and the upper left corner of each part, in the order given.
pub(super) fn pack(parts: &[Size]) -> (Size, Vec<Point>) {
    let area: f64 = parts
        .iter()
        .map(|part| (part.width + GAP) * (part.height + GAP))
        .sum();
    let widest = parts.iter().map(|part| part.width).fold(0.0, f64::max);
    let limit = widest.max((area * WIDTH_TO_HEIGHT).sqrt());
    let mut shelf = Point::default();
    let mut shelf_height: f64 = 0.0;
    let mut whole = Size::default();
    let corners = parts
        .iter()
        .map(|part| {
            if shelf.x > 0.0 && shelf.x + part.width > limit {
                shelf = Point {
                    x: 0.0,
                    y: shelf.y + shelf_height + GAP,
                };
                shelf_height = 0.0;
            }
            let corner = shelf;
            shelf.x += part.width + GAP;
            shelf_height = shelf_height.max(part.height);
            whole.width = whole.width.max(corner.x + part.width);
            whole.height = whole.height.max(corner.y + part.height);
            corner
        })
        .collect();
    (whole, corners)
}
