//! That the picture is well-formed whatever it shows.

use super::super::model::{Edge, Graph, Task};
use super::super::picture::tests::{hostile, sample, two_graphs};
use super::{Number, escape, svg};
use crate::exit::Exit;

/// Reads the elements of a document and checks that they are closed in order; returns the text.
fn text_of(document: &str) -> String {
    let mut open = Vec::new();
    let mut text = String::new();
    let mut rest = document;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        text.push('\n');
        let end = start + rest[start..].find('>').expect("the end of a tag");
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        let name = tag.split_whitespace().next().expect("a name");
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    text
}

#[test]
fn titles_are_in_it_and_it_is_told_in_words() {
    let document = svg(&[sample()]).expect("small");
    let text = text_of(&document);
    for part in [
        "Dependencies in public.task_dependencies",
        "3 tasks and 3 dependencies around \"Write the migration\".",
        "Design the schema",
        "Ship waits for Write the migration",
    ] {
        let part = escape(part);
        assert!(text.contains(&part), "no {part:?} in {text}");
    }
    assert!(document.contains("role=\"img\""));
    assert_eq!(document.matches("class=\"task root\"").count(), 1);
    assert!(!document.contains("class=\"edge cycle\""));
}

#[test]
fn hostile_titles_stay_text() {
    let document = svg(&[hostile()]).expect("small");
    let text = text_of(&document);
    assert!(!document.contains("<script"));
    assert!(!document.contains('\u{202e}'));
    assert!(text.contains("&lt;/text&gt;&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(document.chars().all(|one| one == '\n' || !one.is_control()));
}

#[test]
fn cycles_are_shown() {
    let document = svg(&two_graphs()).expect("small");
    text_of(&document);
    assert_eq!(document.matches("class=\"edge cycle\"").count(), 1);
    assert_eq!(document.matches("class=\"heading\"").count(), 2);
    let mut own = sample();
    own.edges[0].to = 0;
    let document = svg(&[own]).expect("small");
    assert_eq!(document.matches("class=\"edge cycle\"").count(), 1);
}

#[test]
fn nothing_is_drawn_as_nothing() {
    text_of(&svg(&[Graph::default()]).expect("small"));
}

#[test]
fn too_much_is_refused_with_a_way_out() {
    let task = |key: usize| Task {
        key: key.to_string(),
        label: None,
    };
    let edge = |from: usize| Edge {
        from,
        to: from + 1,
        kind: None,
    };
    let chain = |length: usize| Graph {
        tasks: (0..length).map(task).collect(),
        edges: (0..length - 1).map(edge).collect(),
        ..Graph::default()
    };
    assert!(svg(&[chain(2_000)]).is_ok());
    let error = svg(&[chain(2_001)]).expect_err("too large");
    assert_eq!(error.exit(), Exit::Failure);
    assert!(error.to_string().contains("--root"), "{error}");
    assert!(svg(&[chain(1_500), chain(501)]).is_err());
    let mut dense = chain(102);
    dense.edges = (0..10_001)
        .map(|number| Edge {
            from: number / 101,
            to: 101,
            kind: None,
        })
        .collect();
    assert!(svg(&[dense]).is_err());
}

#[test]
fn numbers_are_short() {
    assert_eq!(Number(12.0).to_string(), "12");
    assert_eq!(Number(0.3499).to_string(), "0.3");
    assert_eq!(Number(-0.01).to_string(), "0");
}

#[test]
fn a_small_picture_is_drawn_like_this() {
    let mut graph = sample();
    graph.root = None;
    graph.edges.truncate(1);
    graph.tasks.truncate(2);
    let document = svg(&[graph]).expect("small");
    let body = document
        .split_once("<rect class=\"background\" width=\"100%\" height=\"100%\"/>\n")
        .expect("a background")
        .1;
    assert_eq!(body, include_str!("small.svg.body"));
}
