//! Where boxes and arrows go: a layered drawing, in which every arrow leads to the right.
//!
//! It follows Sugiyama, Tagawa and Toda (1981): [`acyclic`] turns round what would close a cycle,
//! [`layers`] gives each box a column and each long arrow a waypoint in the columns that it passes,
//! [`ordering`] sorts the columns so that few arrows cross, [`heights`] and [`placement`] make places
//! of that, and [`packing`] puts the parts of a graph that are not connected beside each other.
//!
//! Written here because the crates for layered graphs give places of boxes without ways of arrows
//! (rust-sugiyama), or a finished SVG that knows nothing of dark screens and tooltips (layout-rs).

mod acyclic;
mod component;
mod geometry;
mod heights;
mod layers;
mod ordering;
mod packing;
mod placement;
#[cfg(test)]
mod tests;

pub(super) use self::acyclic::against_the_order;
pub(super) use self::geometry::{Point, Rectangle, Size};
use self::layers::Layers;

/// How many columns all arrows together may pass; beyond that a drawing takes long, and shows nothing
/// but arrows.
const MAX_WAYPOINTS: usize = 100_000;

/// A drawing without its ink.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) size: Size,
    /// In the order of the sizes given.
    pub(super) boxes: Vec<Rectangle>,
    /// In the order of the edges given.
    pub(super) routes: Vec<Route>,
}

/// The way of an arrow: curves from each even point to the next, straight lines between the curves.
/// That of an edge from a box to itself has no points.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Route {
    pub(super) points: Vec<Point>,
    /// Whether it leads to the left, since it closes a cycle.
    pub(super) against_the_order: bool,
}

/// Places boxes of these sizes, with arrows between them; none where the arrows pass too many columns.
pub(super) fn layout(sizes: &[Size], edges: &[(usize, usize)]) -> Option<Layout> {
    let turned = against_the_order(sizes.len(), edges);
    let forward: Vec<_> = edges
        .iter()
        .zip(&turned)
        .map(|(&(from, to), turned)| if *turned { (to, from) } else { (from, to) })
        .collect();
    let mut layout = Layout {
        size: Size::default(),
        boxes: vec![Rectangle::default(); sizes.len()],
        routes: vec![Route::default(); edges.len()],
    };
    let components = component::split(sizes.len(), &forward);
    let drawings = draw(&components, sizes, &forward)?;
    let extents: Vec<_> = drawings.iter().map(|drawing| drawing.size).collect();
    let (size, corners) = packing::pack(&extents);
    layout.size = size;
    for ((component, drawing), corner) in components.iter().zip(drawings).zip(corners) {
        for (node, rectangle) in component.nodes.iter().zip(drawing.boxes) {
            layout.boxes[*node] = rectangle.moved(corner);
        }
        for (edge, points) in component.edges.iter().zip(drawing.routes) {
            layout.routes[*edge].points = points.into_iter().map(|one| one.moved(corner)).collect();
        }
    }
    for (route, turned) in layout.routes.iter_mut().zip(turned) {
        route.against_the_order = turned;
        if turned {
            route.points.reverse();
        }
    }
    Some(layout)
}

fn draw(
    components: &[component::Component],
    sizes: &[Size],
    edges: &[(usize, usize)],
) -> Option<Vec<placement::Drawing>> {
    let mut waypoints = 0;
    components
        .iter()
        .map(|component| {
            let sizes: Vec<_> = component.nodes.iter().map(|node| sizes[*node]).collect();
            let edges = component.local_edges(edges);
            let mut layers = Layers::new(sizes.len(), &edges, MAX_WAYPOINTS - waypoints)?;
            waypoints += layers.waypoints();
            ordering::reduce_crossings(&mut layers);
            Some(placement::place(&layers, &sizes))
        })
        .collect()
}
