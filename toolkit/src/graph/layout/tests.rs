//! What has to hold of every drawing, tried on random graphs.

use proptest::prelude::*;

use super::{Layout, Rectangle, Size, layout};

const TOLERANCE: f64 = 1e-6;

type Edges = Vec<(usize, usize)>;

/// Sizes of boxes, and edges between them; with a cycle only where asked for.
fn graphs(cyclic: bool) -> impl Strategy<Value = (Vec<Size>, Edges)> {
    (1_usize..40).prop_flat_map(move |nodes| {
        let size = (20.0..200.0, 20.0..80.0).prop_map(|(width, height)| Size { width, height });
        let edge = (0..nodes, 0..nodes).prop_map(move |(one, other)| {
            if cyclic {
                (one, other)
            } else {
                (one.min(other), one.max(other))
            }
        });
        let edges = proptest::collection::vec(edge, 0..nodes * 2).prop_map(move |mut edges| {
            edges.retain(|(from, to)| cyclic || from != to);
            edges
        });
        (proptest::collection::vec(size, nodes), edges)
    })
}

fn overlap(one: &Rectangle, other: &Rectangle) -> bool {
    one.corner.x < other.right() - TOLERANCE
        && other.corner.x < one.right() - TOLERANCE
        && one.corner.y < other.bottom() - TOLERANCE
        && other.corner.y < one.bottom() - TOLERANCE
}

fn is_inside(layout: &Layout, x: f64, y: f64) -> bool {
    (-TOLERANCE..=layout.size.width + TOLERANCE).contains(&x)
        && (-TOLERANCE..=layout.size.height + TOLERANCE).contains(&y)
}

fn check(sizes: &[Size], edges: &[(usize, usize)]) -> Result<Layout, TestCaseError> {
    let layout = layout(sizes, edges).expect("a small graph");
    for (index, one) in layout.boxes.iter().enumerate() {
        prop_assert!(one.size.width >= sizes[index].width - TOLERANCE);
        prop_assert!(is_inside(&layout, one.corner.x, one.corner.y));
        prop_assert!(is_inside(&layout, one.right(), one.bottom()));
        for other in &layout.boxes[..index] {
            prop_assert!(!overlap(one, other), "{one:?} and {other:?} overlap");
        }
    }
    for (route, &(from, to)) in layout.routes.iter().zip(edges) {
        if from == to {
            prop_assert!(route.against_the_order && route.points.is_empty());
            continue;
        }
        let mut points = route.points.clone();
        let (mut from, mut to) = (layout.boxes[from], layout.boxes[to]);
        if route.against_the_order {
            points.reverse();
            std::mem::swap(&mut from, &mut to);
        }
        prop_assert_eq!(points.len() % 2, 0);
        prop_assert!((points[0].x - from.right()).abs() < TOLERANCE);
        prop_assert!((points[points.len() - 1].x - to.corner.x).abs() < TOLERANCE);
        for pair in points.windows(2) {
            prop_assert!(pair[0].x <= pair[1].x, "leads to the left: {points:?}");
        }
        for line in points[1..points.len() - 1].chunks(2) {
            prop_assert!(is_inside(&layout, line[0].x, line[0].y));
            for one in &layout.boxes {
                let beside = line[1].x <= one.corner.x || line[0].x >= one.right();
                let above = line[0].y < one.corner.y || line[0].y > one.bottom();
                prop_assert!(beside || above, "{line:?} runs through {one:?}");
            }
        }
    }
    Ok(layout)
}

proptest! {
    #[test]
    fn boxes_are_apart_and_arrows_lead_to_the_right((sizes, edges) in graphs(false)) {
        let layout = check(&sizes, &edges)?;
        prop_assert!(layout.routes.iter().all(|route| !route.against_the_order));
    }

    #[test]
    fn cycles_are_drawn_too((sizes, edges) in graphs(true)) {
        check(&sizes, &edges)?;
    }
}

#[test]
fn the_same_graph_is_drawn_the_same() {
    let sizes = vec![
        Size {
            width: 80.0,
            height: 30.0
        };
        6
    ];
    let edges = [(0, 2), (1, 2), (2, 3), (0, 3), (4, 5)];
    assert_eq!(layout(&sizes, &edges), layout(&sizes, &edges));
}

#[test]
fn a_chain_is_level() {
    let sizes = vec![
        Size {
            width: 80.0,
            height: 30.0
        };
        5
    ];
    let chain = [(0, 1), (1, 2), (2, 3), (3, 4)];
    let layout = layout(&sizes, &chain).expect("a small graph");
    let heights: Vec<_> = layout.boxes.iter().map(|one| one.corner.y).collect();
    assert_eq!(heights, [0.0; 5]);
}

#[test]
fn too_many_waypoints_are_refused() {
    // A chain whose every second node leads to its end, too.
    let nodes = 1_000;
    let sizes = vec![Size::default(); nodes];
    let chain = (1..nodes).map(|node| (node - 1, node));
    let long = (0..nodes - 2).step_by(2).map(|node| (node, nodes - 1));
    let edges: Vec<_> = chain.chain(long).collect();
    assert_eq!(layout(&sizes, &edges), None);
}

#[test]
fn nothing_has_no_size() {
    assert_eq!(layout(&[], &[]), Some(Layout::default()));
}
