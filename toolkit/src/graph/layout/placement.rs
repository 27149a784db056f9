//! From columns and heights to boxes and the ways of arrows.

use super::geometry::{Point, Rectangle, Size};
use super::heights::heights;
use super::layers::Layers;

/// Between columns: enough for an arrow, and more where arrows are steep.
const LEAST_GAP_BETWEEN_COLUMNS: f64 = 52.0;
const GREATEST_GAP_BETWEEN_COLUMNS: f64 = 150.0;
const GAP_BY_STEEPNESS: f64 = 0.16;

/// A connected graph, drawn with its upper left corner at the origin.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub(super) size: Size,
    pub(super) boxes: Vec<Rectangle>,
    pub(super) routes: Vec<Vec<Point>>,
}

/// Places the nodes, which have these sizes; all boxes of a column get the width of the widest.
pub(super) fn place(layers: &Layers, sizes: &[Size]) -> Drawing {
    let heights = heights(layers, sizes);
    let spans = spans(layers, sizes, &heights);
    let mut boxes = vec![Rectangle::default(); layers.nodes];
    let mut span_of = vec![Span::default(); layers.slots()];
    for (column, span) in layers.columns.iter().zip(&spans) {
        for &slot in column {
            span_of[slot] = *span;
            if let Some(size) = sizes.get(slot) {
                boxes[slot] = Rectangle {
                    corner: Point {
                        x: span.left,
                        y: heights[slot] - size.height / 2.0,
                    },
                    size: Size {
                        width: span.right - span.left,
                        height: size.height,
                    },
                };
            }
        }
    }
    let left = |slot: usize| Point {
        x: span_of[slot].left,
        y: heights[slot],
    };
    let right = |slot: usize| Point {
        x: span_of[slot].right,
        y: heights[slot],
    };
    let routes = layers
        .chains
        .iter()
        .map(|chain| {
            chain
                .windows(2)
                .flat_map(|pair| [right(pair[0]), left(pair[1])])
                .collect()
        })
        .collect();
    from_the_origin(boxes, routes)
}

/// The left and right edge of a column.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    left: f64,
    right: f64,
}

fn spans(layers: &Layers, sizes: &[Size], heights: &[f64]) -> Vec<Span> {
    let mut left = 0.0;
    layers
        .columns
        .iter()
        .map(|column| {
            let width = column
                .iter()
                .filter_map(|slot| sizes.get(*slot))
                .map(|size| size.width)
                .fold(0.0, f64::max);
            let span = Span {
                left,
                right: left + width,
            };
            let steepest = column
                .iter()
                .flat_map(|slot| layers.after[*slot].iter().map(|next| (*slot, *next)))
                .map(|(slot, next)| (heights[slot] - heights[next]).abs())
                .fold(0.0, f64::max);
            left = span.right
                + (LEAST_GAP_BETWEEN_COLUMNS + GAP_BY_STEEPNESS * steepest)
                    .min(GREATEST_GAP_BETWEEN_COLUMNS);
            span
        })
        .collect()
}

/// Waypoints can stand above the topmost box and below the lowest.
fn from_the_origin(mut boxes: Vec<Rectangle>, mut routes: Vec<Vec<Point>>) -> Drawing {
    let ys = || routes.iter().flatten().map(|point| point.y);
    let top = ys()
        .chain(boxes.iter().map(|one| one.corner.y))
        .fold(f64::INFINITY, f64::min);
    let bottom = ys()
        .chain(boxes.iter().map(Rectangle::bottom))
        .fold(f64::NEG_INFINITY, f64::max);
    let right = boxes.iter().map(Rectangle::right).fold(0.0, f64::max);
    let up = Point { x: 0.0, y: -top };
    for one in &mut boxes {
        *one = one.moved(up);
    }
    for point in routes.iter_mut().flatten() {
        *point = point.moved(up);
    }
    Drawing {
        size: Size {
            width: right,
            height: bottom - top,
        },
        boxes,
        routes,
    }
}
